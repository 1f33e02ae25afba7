# SPDX-License-Identifier: MIT-0
"""Configuration in layers: `conf/base.yaml`, files or URLs, JSON, patches. Later layers win."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from .errors import ApplicationError, nearest
from .storage import read_url

__all__ = ["Config", "Layers", "load_config", "parse_yaml"]

_FROM_ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
# Settings that may be null, and what they are otherwise.
_OPEN: dict[str, Any] = {"random_seed": 0, "as_of": ""}
_TYPE_NAMES = {"str": "text", "NoneType": "null", "dict": "mapping", "int": "integer"}


@dataclass(frozen=True)
class Layers:
    """What the command line puts over the defaults, in this order."""

    files: tuple[str, ...] = ()
    text: str | None = None
    patches: tuple[str, ...] = ()
    storage: str | None = None


@dataclass
class Config:
    """Settings by dotted key, and the layer that each value came from.

    Values are as written: `${env:NAME}` is looked up only where a value is used, so no credential
    is stored with the configuration.
    """

    values: dict[str, Any]
    origins: dict[str, str] = field(default_factory=dict)

    def raw(self, key: str) -> Any:
        """Return a setting, or a group of them, as written."""
        if key in self.values:
            return self.values[key]
        group = {
            name.removeprefix(f"{key}."): value
            for name, value in self.values.items()
            if name.startswith(f"{key}.")
        }
        if not group:
            raise ApplicationError(f"unknown setting `{key}`{nearest(key, self.values)}")
        return _nested(group)

    def get(self, key: str) -> Any:
        """Return a setting with `${env:NAME}` replaced by the environment."""
        return _with_environment(deepcopy(self.raw(key)), key)

    def secrets_of(self, keys: Iterable[str]) -> list[str]:
        """Return the values that some settings take from the environment."""
        names = {
            name
            for key in keys
            for name in _FROM_ENVIRONMENT.findall(json.dumps(self.raw(key), default=str))
        }
        return [os.environ[name] for name in sorted(names) if os.environ.get(name)]

    @property
    def storage_options(self) -> dict[str, Any]:
        """The options of the file system that holds the artefacts."""
        return dict(self.get("storage_options")) if "storage_options" in self.values else {}


def load_config(base: str, layers: Layers) -> Config:
    """Return the defaults with every layer applied.

    Args:
        base: the text of `conf/base.yaml`. Keys listed below `free` take values of any type.
        layers: what the command line adds.
    """
    defaults = parse_yaml(base, "conf/base.yaml")
    free = {str(key) for key in defaults.pop("free", None) or ()}
    config = Config(_flat(defaults, free))
    config.origins = dict.fromkeys(config.values, "conf/base.yaml")
    types = dict(config.values)

    def put(layer: Mapping[str, Any], origin: str) -> None:
        for key, value in _leaves(layer, types, origin):
            top, value = _checked(key, value, types, free, origin, config.values)
            config.values[top] = value
            config.origins[top] = origin

    for url in layers.files:
        data = read_url(url, config.storage_options)
        put(parse_yaml(data.decode("utf-8", "replace"), url), f"--config {url}")
    if layers.text:
        put(_parse_json(layers.text), "--config-json")
    for patch in layers.patches:
        put(_parse_patch(patch, types), "--patch")
    if layers.storage:
        put({"storage": layers.storage}, "--storage")
    return config


def parse_yaml(text: str, origin: str) -> dict[str, Any]:
    """Return a mapping written in YAML 1.2: `no` is text, `1e-3` a number, a date is text."""
    value = _yaml_value(text, origin)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ApplicationError(f"{origin}: must be a mapping of settings")
    return value


def _yaml_value(text: str, origin: str) -> Any:
    from ruamel.yaml import YAML
    from ruamel.yaml.constructor import SafeConstructor
    from ruamel.yaml.error import YAMLError

    class Constructor(SafeConstructor):
        """Values that JSON also has."""

    as_text = SafeConstructor.construct_yaml_str
    Constructor.add_constructor("tag:yaml.org,2002:timestamp", as_text)
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = Constructor
    try:
        return yaml.load(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f", line {mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or str(error).splitlines()[0]
        raise ApplicationError(f"{origin}{place}: {problem}") from error
    except RecursionError:
        raise ApplicationError(f"{origin}: is nested too deeply") from None


def _parse_json(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise ApplicationError(f"--config-json: {error}") from error
    except RecursionError:
        raise ApplicationError("--config-json: is nested too deeply") from None
    if not isinstance(value, dict):
        raise ApplicationError("--config-json: must be an object of settings")
    return value


def _parse_patch(patch: str, types: Mapping[str, Any]) -> dict[str, Any]:
    key, sign, text = patch.partition("=")
    key = key.strip()
    if not sign or not key:
        raise ApplicationError(f"--patch: {patch!r} must be written as key=value")
    value = _yaml_value(text, "--patch")
    if isinstance(types.get(key), str) and not isinstance(value, str):
        value = text.strip()
    return _nested({key: value})


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *groups, last = key.split(".")
        inner = nested
        for group in groups:
            inner = inner.setdefault(group, {})
        inner[last] = value
    return nested


def _flat(layer: Mapping[str, Any], free: set[str], above: str = "") -> dict[str, Any]:
    """Return settings by dotted key. A mapping that is empty or free is a value."""
    flat: dict[str, Any] = {}
    for name, value in layer.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and value and key not in free:
            flat.update(_flat(value, free, f"{key}."))
        else:
            flat[key] = value
    return flat


def _leaves(
    layer: Mapping[str, Any], types: Mapping[str, Any], origin: str, above: str = ""
) -> Iterable[tuple[str, Any]]:
    """Yield the settings of a layer, as deep as the defaults have groups."""
    for name, value in layer.items():
        key = f"{above}{name}"
        is_group = any(known.startswith(f"{key}.") for known in types)
        if is_group and isinstance(value, dict):
            yield from _leaves(value, types, origin, f"{key}.")
        elif is_group:
            raise ApplicationError(f"{origin}: `{key}` is a group of settings, not {value!r}")
        else:
            yield key, value


def _checked(
    key: str,
    value: Any,
    types: Mapping[str, Any],
    free: set[str],
    origin: str,
    present: Mapping[str, Any],
) -> tuple[str, Any]:
    """Return the key of the defaults that a setting is for, and the value it gets."""
    if key not in types:
        raise ApplicationError(f"{origin}: unknown setting `{key}`{nearest(key, types)}")
    default = types[key]
    if key in _OPEN and value is None:
        return key, value
    if key in _OPEN and default is None:
        default = _OPEN[key]
    if isinstance(default, dict) and isinstance(value, dict):
        return key, _merged(present[key], value)
    if default is None or key in free:
        return key, value
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(default, float) and is_number:
        return key, float(value)
    if type(default) is not type(value):
        kind = type(default).__name__
        article = "an" if _TYPE_NAMES.get(kind, kind)[0] in "aeiou" else "a"
        expected = f"{article} {_TYPE_NAMES.get(kind, kind)}"
        if kind == "str":
            expected = "text"
        raise ApplicationError(f"{origin}: `{key}` is {expected} ({default!r}), not {value!r}")
    return key, value


def _merged(below: Any, above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below) if isinstance(below, dict) else {}
    for key, value in above.items():
        merged[key] = _merged(merged.get(key), value) if isinstance(value, dict) else value
    return merged


def _with_environment(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return {name: _with_environment(inner, f"{key}.{name}") for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_environment(inner, key) for inner in value]
    if not isinstance(value, str):
        return value

    def look_up(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise ApplicationError(
                f"`{key}` needs the environment variable {name}, which is not set"
            )
        return os.environ[name]

    return _FROM_ENVIRONMENT.sub(look_up, value)
