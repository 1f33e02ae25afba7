"""Find and read configuration files: the nearest to each notebook, what it extends, the user's."""

from __future__ import annotations

import os
from functools import cached_property
from typing import Any

from nbprod.config.layers import Layer, LayeredValue, merge_layers, read_layer
from nbprod.config.options import OPTIONS
from nbprod.config.settings import Settings
from nbprod.disk.places import is_within, project_root, user_folder
from nbprod.disk.read import MAX_TEXT_BYTES, read_bytes, read_text
from nbprod.errors import UsageError

__all__ = ["DEFAULT_BASELINE", "Configuration"]

DEFAULT_BASELINE = ".nbprod-baseline.json"
"""The baseline file that needs no option: it is used where it is there."""
_PERSONAL_FLAGS = {option.name: option.key.flags[0] for option in OPTIONS if option.key.is_personal}
_PERSONAL = _PERSONAL_FLAGS.keys()
_NAMES = ("nbprod.toml", ".nbprod.toml", "pyproject.toml")


class Configuration:
    """The settings for each path.

    Args:
        command_line: what options of the command line say; wins over every file.
        overrides: texts of `--config`: `key = value`, or the path of a file to read instead.
        isolated: read no file at all.
    """

    def __init__(
        self,
        command_line: Layer | None = None,
        overrides: tuple[str, ...] = (),
        isolated: bool = False,
    ) -> None:
        self._command_line = command_line or {}
        self._isolated = isolated
        self._explicit: str | None = None
        self._overrides: Layer = {}
        self._files: dict[str, str | None] = {}
        self._layers: dict[str, Layer] = {}
        self._settings: dict[str | None, Settings] = {}
        for text in overrides:
            self._override(text)

    def _override(self, text: str) -> None:
        if "=" in text and not os.path.exists(text):
            source = f"--config {text!r}"
            self._overrides.update(read_layer(_loads(text, source), source))
        elif os.path.isfile(text):
            self._explicit = text
        else:
            raise UsageError(f"--config {text!r}: is neither `key = value` nor a file")

    def for_path(self, path: str) -> Settings:
        """The settings for a file or folder."""
        file = self.file_for(path)
        settings = self._settings.get(file)
        if settings is None:
            values = self.values(file)
            fields = {
                option.field: values[option.name].value
                for option in OPTIONS
                if option.name != "extend"
            }
            if "cache-dir" in {**self._overrides, **self._command_line}:
                # Named by the user, so a link may lead anywhere.
                fields["cache_dir"] = os.path.abspath(fields["cache_dir"])
            root = os.path.dirname(os.path.abspath(file)) if file else os.getcwd()
            settings = self._settings[file] = Settings(root=root, **fields)
        return settings

    def values(self, file: str | None) -> Layer:
        """Every option with its value and origin, for the notebooks that a file governs."""
        layers = [] if file is None else [self._layer(file)]
        return merge_layers(
            [self._found, self._personal, *layers, self._overrides, self._command_line]
        )

    @cached_property
    def _personal(self) -> Layer:
        """What the user's own file says that no file of a repository may say."""
        file = None if self._isolated else _user_file()
        layer = {} if file is None else self._layer(file)
        return {name: value for name, value in layer.items() if name in _PERSONAL}

    @cached_property
    def _found(self) -> Layer:
        """What is on when it is there: the baseline of the repository that nbprod is run in."""
        path = None if self._isolated else _baseline_above(os.getcwd())
        return {} if path is None else {"baseline": LayeredValue(path, os.path.relpath(path))}

    def file_for(self, path: str) -> str | None:
        """The configuration file that governs a path; None if there is none."""
        if self._isolated:
            return None
        if self._explicit is not None:
            return self._explicit
        folder = os.path.abspath(path)
        if not os.path.isdir(folder):
            folder = os.path.dirname(folder)
        return self._nearest(folder)

    def _nearest(self, folder: str) -> str | None:
        passed = []
        while folder not in self._files:
            passed.append(folder)
            found = next(filter(_is_ours, _candidates(folder)), None)
            parent = os.path.dirname(folder)
            if found is not None or parent == folder:
                self._files[folder] = _user_file() if found is None else found
            folder = parent if found is None and parent != folder else folder
        for below in passed:
            self._files[below] = self._files[folder]
        return self._files[folder]

    def _layer(self, file: str, seen: tuple[str, ...] = ()) -> Layer:
        """What a file says, on top of what it extends."""
        if file in self._layers:
            return self._layers[file]
        if file in seen:
            raise UsageError(f"{file}: extends itself by way of {seen[-1]}")
        text = _read(file)
        table = _loads(text, file)
        if os.path.basename(file) == "pyproject.toml":
            table = _own_table(table, file)
        shown = os.path.relpath(file) if file.startswith(os.getcwd()) else file
        layer = read_layer(table, shown, text)
        if not _is_users(file):
            _refuse_personal(layer)
            _refuse_outside(layer)
        base = layer.pop("extend", None)
        if base is not None:
            target = os.path.join(os.path.dirname(file), os.path.expanduser(base.value))
            if not os.path.isfile(target):
                raise UsageError(f"{base.origin}: extends {base.value!r}, which does not exist")
            layer = {**self._layer(os.path.normpath(target), (*seen, file)), **layer}
        self._layers[file] = _placed(layer, file)
        return self._layers[file]


def _own_table(document: dict[str, Any], file: str) -> dict[str, Any]:
    """What a `pyproject.toml` has for us."""
    for key in ("tool", "nbprod"):
        document = document.get(key, {})
        if not isinstance(document, dict):
            raise UsageError(f"{file}: {key} must be a table")
    return document


def _refuse_personal(layer: Layer) -> None:
    """Refuse keys that can start programs in a file that a repository may hold."""
    for name in _PERSONAL & layer.keys():
        raise UsageError(
            f"{layer[name].origin}: {name} can start programs, so no file of a repository sets it; "
            f"use {_PERSONAL_FLAGS[name]}, or your own file {_user_path()}"
        )


def _refuse_outside(layer: Layer) -> None:
    """Refuse a place to write to that is out of the project, in a file of a repository."""
    found = layer.get("cache-dir")
    if found is None:
        return
    allowed = (project_root(os.curdir), user_folder())
    if not is_within(found.value, [folder for folder in allowed if folder is not None]):
        raise UsageError(
            f"{found.origin}: cache-dir {found.value!r} is out of the project; use --cache-dir, or "
            f"your own file {_user_path()}"
        )


def _placed(layer: Layer, file: str) -> Layer:
    """Paths in a file are meant from where the file is."""
    baseline = layer.get("baseline")
    if baseline is None or not baseline.value or os.path.isabs(baseline.value):
        return layer
    path = os.path.join(os.path.dirname(os.path.abspath(file)), baseline.value)
    return {**layer, "baseline": LayeredValue(path, baseline.origin)}


def _baseline_above(folder: str) -> str | None:
    """The baseline in a folder or above it, up to the root of its repository."""
    while True:
        path = os.path.join(folder, DEFAULT_BASELINE)
        if os.path.isfile(path):
            return path
        parent = os.path.dirname(folder)
        if parent == folder or os.path.exists(os.path.join(folder, ".git")):
            return None
        folder = parent


def _candidates(folder: str) -> list[str]:
    return [os.path.join(folder, name) for name in _NAMES]


def _is_ours(path: str) -> bool:
    """Whether a file is a configuration of ours; a `pyproject.toml` needs a table for us."""
    if not os.path.isfile(path):
        return False
    if os.path.basename(path) != "pyproject.toml":
        return True
    try:
        return b"tool.nbprod" in read_bytes(path, MAX_TEXT_BYTES)
    except OSError:
        return False


def _is_users(file: str) -> bool:
    """Whether a file is the user's own."""
    return os.path.realpath(file) == os.path.realpath(_user_path())


def _user_file() -> str | None:
    path = _user_path()
    return path if os.path.isfile(path) else None


def _user_path() -> str:
    if os.name == "nt":
        base = os.environ.get("APPDATA") or os.path.expanduser("~")
    else:
        base = os.environ.get("XDG_CONFIG_HOME", "")
        if not os.path.isabs(base):
            base = os.path.expanduser("~/.config")
    return os.path.join(base, "nbprod", "nbprod.toml")


def _read(path: str) -> str:
    try:
        return read_text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: cannot be read: {error}") from None


def _loads(text: str, source: str) -> dict[str, Any]:
    """Read TOML; imported here, since most runs have no file."""
    from nbprod.disk.documents import NotParsed, parse_toml

    try:
        return parse_toml(text)
    except NotParsed as error:
        raise UsageError(f"{source}: invalid TOML: {error}") from None
