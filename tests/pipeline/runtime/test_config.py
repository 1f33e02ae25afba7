"""Layers of the configuration, types, unknown keys, the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nbprod.pipeline.runtime.config import Layers, load_config, parse_yaml
from nbprod.pipeline.runtime.errors import ApplicationError

BASE = """
storage: artifacts
storage_options: {}
random_seed: null
free: [split.weights]
split:
  test_size: 0.30
  rows: 10
  stratify: true
  weights: 1
  columns: [a, b]
country: no
database: {password: "${env:CHURN_PASSWORD}", url: "db://u:${env:CHURN_PASSWORD}@host"}
"""


def patched(*patches: str) -> dict[str, Any]:
    return load_config(BASE, Layers(patches=patches)).values


def test_yaml_is_that_of_2009() -> None:
    text = "a: no\nb: 1e-3\nc: 2024-01-01\nd: 0o17\ne: 12:30\nf: ~"
    expected = {"a": "no", "b": 1e-3, "c": "2024-01-01", "d": 15, "e": "12:30", "f": None}
    assert parse_yaml(text, "x") == expected


def test_later_layers_win(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("split: {test_size: 0.1, rows: 5}", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("split:\n  rows: 6\n", encoding="utf-8")
    config = load_config(
        BASE,
        Layers(
            (str(tmp_path / "a.yaml"), f"file://{tmp_path}/b.yaml"),
            '{"split": {"stratify": false}, "storage": "s3://x"}',
            ("split.columns=[c]", "storage_options.key=v", "storage_options.more.x=1"),
            "memory://y",
        ),
    )
    assert config.raw("split") == {
        "test_size": 0.1,
        "rows": 6,
        "stratify": False,
        "weights": 1,
        "columns": ["c"],
    }
    assert config.values["storage"] == "memory://y"
    assert config.values["storage_options"] == {"key": "v", "more": {"x": 1}}
    assert config.origins["split.test_size"] == f"--config {tmp_path}/a.yaml"
    assert config.origins["split.stratify"] == "--config-json"
    assert config.origins["country"] == "conf/base.yaml"


def test_a_configuration_is_read_from_any_url() -> None:
    fsspec = pytest.importorskip("fsspec")
    fsspec.filesystem("memory").pipe_file("/conf/us.yaml", b"country: us")
    config = load_config(BASE, Layers(("memory://conf/us.yaml",)))
    assert config.values["country"] == "us"


TYPED = [
    ("split.test_size=1", "split.test_size", 1.0),
    ("split.test_size=1e-3", "split.test_size", 0.001),
    ("country=123", "country", "123"),
    ("country=null", "country", "null"),
    ("country=a=b", "country", "a=b"),
    ("random_seed=5", "random_seed", 5),
    ("random_seed=null", "random_seed", None),
    ("split.weights=[1, x]", "split.weights", [1, "x"]),
    ("split.columns=[1]", "split.columns", [1]),
]


@pytest.mark.parametrize(("patch", "key", "value"), TYPED, ids=[patch for patch, *_ in TYPED])
def test_values_have_the_type_of_their_default(patch: str, key: str, value: object) -> None:
    found = patched(patch)[key]
    assert found == value
    assert type(found) is type(value)


ERRORS = [
    ("split.tst_size=1", "unknown setting `split.tst_size`; did you mean `split.test_size`?"),
    ("zzz=1", "unknown setting `zzz`"),
    ("split.test_size.x=1", "`split.test_size` is a float (0.3), not {'x': 1}"),
    ("split.test_size=x", "`split.test_size` is a float (0.3), not 'x'"),
    ("split.test_size=true", "`split.test_size` is a float (0.3), not True"),
    ("split.rows=1.5", "`split.rows` is an integer (10), not 1.5"),
    ("split.rows=true", "`split.rows` is an integer (10), not True"),
    ("split.rows=null", "`split.rows` is an integer (10), not None"),
    ("split.stratify=1", "`split.stratify` is a bool (True), not 1"),
    ("split.columns=a", "`split.columns` is a list (['a', 'b']), not 'a'"),
    ("random_seed=x", "`random_seed` is an integer (0), not 'x'"),
    ("split=3", "`split` is a group of settings, not 3"),
    ("split", "'split' must be written as key=value"),
    ("split.rows=[", "expected the node content, but found '<stream end>'"),
]


@pytest.mark.parametrize(("patch", "message"), ERRORS, ids=[patch for patch, _ in ERRORS])
def test_other_patches_are_errors(patch: str, message: str) -> None:
    with pytest.raises(ApplicationError) as caught:
        patched(patch)
    assert str(caught.value).startswith("--patch")
    assert str(caught.value).endswith(message)
    assert "\n" not in str(caught.value)


def test_layers_are_named_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "us.yaml"
    for text, message in [
        ("split: {rows: x}", f"--config {path}: `split.rows` is an integer (10), not 'x'"),
        ("a: [", f"{path}, line 1: expected the node content, but found '<stream end>'"),
        ("- a", f"{path}: must be a mapping of settings"),
        ("country: a\ncountry: b", f"{path}, line 2: found duplicate key"),
    ]:
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ApplicationError) as caught:
            load_config(BASE, Layers((str(path),)))
        assert str(caught.value).startswith(message)
        assert "\n" not in str(caught.value)
    with pytest.raises(ApplicationError, match=r"cannot read .*none.yaml: no such file"):
        load_config(BASE, Layers((str(tmp_path / "none.yaml"),)))
    with pytest.raises(ApplicationError, match=r"^--config-json: Expecting"):
        load_config(BASE, Layers(text="{"))


def test_the_environment_is_asked_only_where_a_value_is_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("CHURN_PASSWORD", raising=False)
    config = load_config(BASE, Layers())
    message = "`database.url` needs the environment variable CHURN_PASSWORD, which is not set"
    with pytest.raises(ApplicationError, match=message):
        config.get("database.url")
    monkeypatch.setenv("CHURN_PASSWORD", "s3cret-s3cret")
    assert config.get("database.url") == "db://u:s3cret-s3cret@host"
    assert config.get("database")["password"] == "s3cret-s3cret"
    assert config.secrets_of(["database.url", "country"]) == ["s3cret-s3cret"]
    assert "s3cret" not in repr(config)
