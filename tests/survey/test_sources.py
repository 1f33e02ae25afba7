"""What a survey is of: archives, data sets, lists and addresses; the rows are those of files."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import pyarrow
import pyarrow.parquet
import pytest
from fsspec.registry import _registry

from nbprod.config.settings import Settings
from nbprod.disk.archives import DamagedArchive, tar_members, zip_members
from nbprod.survey.expand import documents_of
from nbprod.survey.references import Layout, Reference, chunks_of, without_secrets
from nbprod.survey.rows import RawNotebook
from nbprod.survey.sources import Wish, references_of
from nbprod.survey.unread import Unread
from tests.command import run_nbprod
from tests.pipeline.runtime.s3 import Bucket, serve_bucket
from tests.survey.archives import dbc_of, tar_of, zip_of
from tests.survey.collections import FAULTY, book, fill, notebooks_in, sorted_rows, table

MEMBERS = {
    "shop-main/a.ipynb": book(*FAULTY),
    "shop-main/.ipynb_checkpoints/a.ipynb": book("no"),
    "shop-main/src/tool.py": b"def tool():\n    return 1\n",
    "shop-main/src/cells.py": b"# %%\nprint(nowhere)\n",
    "shop-main/README.md": b"# Shop\n",
}


def read(source: str, layout: str = "repository", **columns: str) -> list[RawNotebook | Unread]:
    wish = Wish(Layout(layout), columns, Settings())
    return list(documents_of(list(references_of([source], wish))))


def paths(source: str, **columns: str) -> list[str]:
    found = []
    for document in read(source, **columns):
        assert isinstance(document, RawNotebook)
        found.append(document.path)
    return found


@pytest.mark.parametrize(
    ("name", "data"),
    [("shop.zip", zip_of(MEMBERS)), ("shop.tar.gz", tar_of(MEMBERS)),
     ("shop.tar", tar_of(MEMBERS, "w"))],
    ids=["zip", "tar.gz", "tar"],
)  # fmt: skip
def test_notebooks_of_an_archive_are_read(tmp_path: Path, name: str, data: bytes) -> None:
    path = str(tmp_path / name)
    Path(path).write_bytes(data)
    first, second = read(path)
    assert isinstance(first, RawNotebook) and isinstance(second, RawNotebook)
    assert first.path == f"{path}!/shop-main/a.ipynb"
    assert first.data == MEMBERS["shop-main/a.ipynb"]
    assert (first.repository, first.month) == ("shop", "2024-05")
    assert second.path == f"{path}!/shop-main/src/cells.py"


def test_a_directory_has_archives_besides_notebooks(tmp_path: Path) -> None:
    fill(tmp_path / "all", 2)
    (tmp_path / "all" / "repo0" / "old.zip").write_bytes(zip_of(MEMBERS))
    found = [path.removeprefix(str(tmp_path)) for path in paths(str(tmp_path / "all"))]
    assert found == [
        "/all/repo0/n000.ipynb", "/all/repo1/n001.ipynb",
        "/all/repo0/old.zip!/shop-main/a.ipynb", "/all/repo0/old.zip!/shop-main/src/cells.py",
    ]  # fmt: skip


def test_notebooks_of_databricks_are_cells_in_order(tmp_path: Path) -> None:
    cells = ("%md\n# Sales", "frame = spark.table('sales')", "%sql\nselect 1", "display(frame)")
    path = tmp_path / "team.dbc"
    path.write_bytes(dbc_of({"Users/me/Sales": cells}))
    (document,) = read(str(path))
    assert isinstance(document, RawNotebook)
    assert document.path == f"{path}!/Users/me/Sales.ipynb"
    done = run_nbprod(tmp_path, "survey", "team.dbc", "-o", "findings", "-j", "1")
    assert done.stderr == "Surveyed 1 notebook: 0 findings.\n"
    kinds = [(row["kind"], row["language"]) for row in table(tmp_path / "findings", "cells")]
    languages = ("markdown", "python", "sql", "python")
    assert kinds == [("code", language) for language in languages]
    uses = {row["name"] for row in table(tmp_path / "findings", "uses")}
    assert "frame" in uses


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("a.zip", b"no archive", "archive is damaged: File is not a zip file"),
        ("a.tar", b"no archive", "archive is damaged: "),
        ("a.tar.gz", tar_of(MEMBERS)[:-60], "archive is damaged: "),
    ],
    ids=["zip", "tar", "tar.gz"],
)
def test_a_damaged_archive_is_listed(tmp_path: Path, name: str, data: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(data)
    done = run_nbprod(tmp_path, "survey", name, "-o", "findings", "-j", "1")
    assert done.returncode == 0, done.stderr
    (row,) = table(tmp_path / "findings", "errors")
    assert (row["path"], row["kind"]) == (name, "unreadable-source")
    assert row["message"].startswith(said)


def test_members_are_read_up_to_a_limit() -> None:
    members = {"a.ipynb": b"x" * 50, "b.ipynb": b"y" * 10}
    for reader, data in ((zip_members, zip_of(members)), (tar_members, tar_of(members))):
        found = {
            one.name: one.data for one in reader(io.BytesIO(data), lambda name: "." in name, 20)
        }
        assert (found["a.ipynb"], found["b.ipynb"]) == (None, b"y" * 10)
        with pytest.raises(DamagedArchive):
            list(reader(io.BytesIO(b"no"), lambda _: True, 20))


# --- tables --------------------------------------------------------------------------------------


def write_table(target: Path, groups: int = 3, rows: int = 40, **names: str) -> None:
    count = range(groups * rows)
    columns: dict[str, list[Any]] = {
        names.get("content", "content"): [
            None if number == 7 else book(*FAULTY, f"x = {number}").decode() for number in count
        ],
        names.get("path", "path"): [f"dir/n{number}.ipynb" for number in count],
        "repo_name": [f"owner{number % 2}/repo{number % 5}" for number in count],
        "date": [f"2025-0{1 + number % 9}-11" for number in count],
    }
    frame = pyarrow.table(columns)
    pyarrow.parquet.write_table(frame, target, row_group_size=rows)


def test_a_column_of_notebooks_is_read_by_row_groups(tmp_path: Path) -> None:
    write_table(tmp_path / "part.parquet")
    done = run_nbprod(tmp_path, "survey", "part.parquet", "-o", "findings", "-j", "2")
    assert done.stderr.startswith("Surveyed 119 notebooks: ")
    assert len(list((tmp_path / "findings" / "parts").iterdir())) == 3
    rows = table(tmp_path / "findings", "notebooks")
    first = next(row for row in rows if row["path"].endswith("n0.ipynb"))
    assert first["path"] == "part.parquet!/0/owner0/repo0/dir/n0.ipynb"
    keys = ("repository", "owner", "month")
    assert [first[key] for key in keys] == ["owner0/repo0", "owner0", "2025-01"]
    assert len({row["path"] for row in rows}) == 119
    done = run_nbprod(tmp_path, "survey", "part.parquet", "-o", "findings", "-j", "2")
    assert "(0 notebooks checked now, 119 unchanged)" in done.stderr


def test_columns_with_other_names_are_named(tmp_path: Path) -> None:
    write_table(tmp_path / "part.parquet", 1, 5, content="body", path="file")
    done = run_nbprod(tmp_path, "survey", "part.parquet", "-o", "findings")
    assert (done.returncode, done.stderr) == (2, (
        "nbprod: part.parquet: no column of notebooks; name it with --column content=COLUMN "
        "(columns: body, file, repo_name, date)\n"
    ))  # fmt: skip
    named = ("--column", "content=body", "--column", "path=file")
    done = run_nbprod(tmp_path, "survey", "part.parquet", "-o", "findings", *named)
    assert done.stderr.startswith("Surveyed 5 notebooks: "), done.stderr
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 no table")
    done = run_nbprod(tmp_path, "survey", "bad.parquet", "-o", "other")
    assert done.returncode == 2
    assert done.stderr.startswith("nbprod: bad.parquet: cannot be read as Parquet (")


def test_lists_name_sources_once(tmp_path: Path) -> None:
    fill(tmp_path / "all", 4)
    (tmp_path / "old.zip").write_bytes(zip_of(MEMBERS))
    names = ["all/repo0", "old.zip", "all/repo1/n001.ipynb", "", "all/repo0"]
    (tmp_path / "list.txt").write_text("\n".join(names))
    done = run_nbprod(tmp_path, "survey", "--files-from", "list.txt", "-o", "findings", "-j", "1")
    assert done.returncode == 0, done.stderr
    assert [row["path"] for row in table(tmp_path / "findings", "notebooks")] == [
        "all/repo0/n000.ipynb", "all/repo0/n003.ipynb", "all/repo1/n001.ipynb",
        "old.zip!/shop-main/a.ipynb", "old.zip!/shop-main/src/cells.py",
    ]  # fmt: skip


# --- addresses -----------------------------------------------------------------------------------


def test_the_memory_of_a_process_is_a_storage() -> None:
    system = fsspec.filesystem("memory")
    for number in range(3):
        system.pipe_file(f"/col/acme/shop{number}/a.ipynb", book(f"x = {number}"))
    system.pipe_file("/col/acme/shop0/all.zip", zip_of(MEMBERS))
    system.pipe_file("/col/acme/shop0/notes.md", b"# no notebook")
    found = read("memory://col", "owner/repository")
    places = [
        (one.path, one.repository, one.owner) for one in found if isinstance(one, RawNotebook)
    ]
    archive = "memory://col/acme/shop0/all.zip!/shop-main"
    assert {place for place in places if "!/" in place[0]} == {
        (f"{archive}/a.ipynb", "acme/shop0", "acme"),
        (f"{archive}/src/cells.py", "acme/shop0", "acme"),
    }
    assert {place for place in places if place[0].endswith("shop2/a.ipynb")} == {
        ("memory://col/acme/shop2/a.ipynb", "acme/shop2", "acme")
    }
    assert len(places) == 5


@pytest.mark.parametrize("scheme", ["zip://::", "file://"])
def test_addresses_give_the_rows_of_files(tmp_path: Path, scheme: str) -> None:
    fill(tmp_path / "all", 9)
    members = {
        str(path.relative_to(tmp_path)): path.read_bytes()
        for path in notebooks_in(tmp_path / "all")
    }
    (tmp_path / "all.zip").write_bytes(zip_of(members))
    source = f"zip://::{tmp_path}/all.zip" if "zip" in scheme else f"file://{tmp_path}/all"
    for name, output in ((source, "remote"), ("all", "local")):
        done = run_nbprod(tmp_path, "survey", name, "-o", output, "-j", "1")
        assert done.returncode == 0, done.stderr
    remote, local = (table(tmp_path / name, "findings") for name in ("remote", "local"))
    keys = [key for key in local[0] if key != "path"]
    assert sorted(str([row[key] for key in keys]) for row in remote) == sorted(
        str([row[key] for key in keys]) for row in local
    )
    assert all("all/repo" in row["path"] for row in remote)


class Fake(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A file system of which nbprod knows nothing: only the interface is there."""

    protocol = "fake"
    files = {"top/acme/a.ipynb": book("x = 1"), "top/acme/b.txt": b"no"}

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        path = self._strip_protocol(path).strip("/")
        if path in self.files:
            return [self._entry(path)]
        below = [name for name in self.files if name.startswith(f"{path}/")]
        if not below:
            raise FileNotFoundError(path)
        names = {"/".join(name.split("/")[: path.count("/") + 2]) for name in below}
        found = [self._entry(name) for name in sorted(names)]
        return found if detail else [entry["name"] for entry in found]

    def _entry(self, name: str) -> dict[str, Any]:
        if name in self.files:
            return {"name": name, "type": "file", "size": len(self.files[name])}
        return {"name": name, "type": "directory", "size": 0}

    def cat_file(self, path: str, start: Any = None, end: Any = None, **_: Any) -> bytes:
        return self.files[self._strip_protocol(path).strip("/")][start:end]


@pytest.fixture
def fake() -> Iterator[None]:
    fsspec.register_implementation("fake", Fake, clobber=True)
    yield
    _registry.pop("fake", None)


def test_any_other_protocol_is_used_by_its_interface(fake: None) -> None:
    (document,) = read("fake://top")
    assert isinstance(document, RawNotebook)
    assert (document.path, document.repository) == ("fake://top/acme/a.ipynb", "acme")
    assert document.data == Fake.files["top/acme/a.ipynb"]


def test_an_unknown_protocol_is_named(tmp_path: Path) -> None:
    done = run_nbprod(tmp_path, "survey", "xyz://u:pass@host/a?sig=k", "-o", "findings")
    assert done.returncode == 2
    assert done.stderr == "nbprod: xyz://host/a: no installed package reads this protocol\n"


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("https://me:secret@host/a/b?sig=x#y", "https://host/a/b"),
        ("zip://a::s3://key:secret@bucket/all.zip?v=1", "zip://a::s3://bucket/all.zip"),
        ("s3://bucket/a@b/c", "s3://bucket/a@b/c"),
        ("folder/a", "folder/a"),
    ],
)
def test_no_secret_of_an_address_is_shown(address: str, shown: str) -> None:
    assert without_secrets(address) == shown


@pytest.mark.parametrize(
    ("layout", "path", "place"),
    [
        ("repository", "shop/a/b.ipynb", ("shop", None)),
        ("owner/repository", "acme/shop/a.ipynb", ("acme/shop", "acme")),
        ("*/owner/*/repository", "x/acme/y/shop/a.ipynb", ("acme/shop", "acme")),
        ("repository", "a.ipynb", (None, None)),
        ("owner/repository", "acme/shop.tar.gz", ("acme/shop", "acme")),
    ],
)
def test_layouts_name_parts_of_paths(layout: str, path: str, place: tuple[str, str]) -> None:
    assert Layout(layout).is_valid
    assert Layout(layout).place(path) == place


def test_chunks_have_borders_that_later_files_do_not_move() -> None:
    def names(skipped: int) -> set[str]:
        references = [
            Reference("file", "", f"n{number}", f"n{number}")
            for number in range(2000)
            if number != skipped
        ]
        return {chunk.name for chunk in chunks_of(references, "check")}

    whole = names(-1)
    assert 30 < len(whole) < 120
    assert all(len(whole - names(number)) < 8 for number in (0, 700, 1999))


# --- object storage ------------------------------------------------------------------------------


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    pytest.importorskip("s3fs")
    with serve_bucket() as served:
        yield served


def environment(bucket: Bucket) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{bucket.port}", "AWS_ACCESS_KEY_ID": "k",
        "AWS_SECRET_ACCESS_KEY": "s", "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": "us-east-1",
    }  # fmt: skip


@pytest.mark.slow
def test_a_bucket_is_read_and_written(tmp_path: Path, bucket: Bucket) -> None:
    fill(tmp_path / "all", 60)
    for path in notebooks_in(tmp_path / "all"):
        bucket.objects[f"in/{path.relative_to(tmp_path / 'all')}"] = path.read_bytes()
    bucket.objects["in/repo1/old.zip"] = zip_of(MEMBERS)
    settings = environment(bucket)
    command = ("survey", "s3://bucket/in", "-o", "s3://bucket/out", "-j", "2")
    done = run_nbprod(tmp_path, *command, **settings)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Surveyed 62 notebooks: ")
    for name, data in bucket.objects.items():
        if name.startswith("out/"):
            target = tmp_path / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    before = len(bucket.requests)
    done = run_nbprod(tmp_path, *command, **settings)
    assert "(0 notebooks checked now, 62 unchanged)" in done.stderr
    assert not [one for one in bucket.requests[before:] if one.startswith("GET /bucket/in/repo")]
    local = run_nbprod(tmp_path, "survey", "all", "-o", "local", "-j", "2")
    assert local.returncode == 0, local.stderr
    remote = [row for row in table(tmp_path / "out", "findings") if "!/" not in row["path"]]
    expected = table(tmp_path / "local", "findings")
    for row in remote:
        row["path"] = row["path"].replace("s3://bucket/in/", "all/")
    assert remote == expected
    months = {row["month"] for row in table(tmp_path / "out", "notebooks")}
    assert months == {"2024-01", "2024-05"}


@pytest.mark.slow
def test_a_storage_that_ends_loses_nothing(tmp_path: Path) -> None:
    with serve_bucket() as bucket:
        for number in range(30):
            bucket.objects[f"in/n{number}.ipynb"] = book(*FAULTY, f"x = {number}")
        settings = environment(bucket)
    done = run_nbprod(tmp_path, "survey", "s3://bucket/in", "-o", "findings", "-j", "1", **settings)
    assert done.returncode == 4
    assert done.stderr.startswith("nbprod: s3://bucket/in: storage failed (")
    assert done.stderr.count("\n") == 1
    assert sorted_rows(tmp_path / "findings")["errors"] == []
    assert not table(tmp_path / "findings", "notebooks")
