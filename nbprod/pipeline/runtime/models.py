# SPDX-License-Identifier: MIT-0
"""Fitted models in their libraries' own formats, else by joblib."""

from __future__ import annotations

import importlib
import io
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .kinds import Format, has_root, type_name

__all__ = ["FORMATS"]


def _is_model(value: Any) -> bool:
    """Return whether a value is an estimator: its class has `fit` and `get_params`."""
    kind = type(value)
    return kind is not type and hasattr(kind, "fit") and hasattr(kind, "get_params")


def _joblib_bytes(model: Any) -> bytes:
    """Return an estimator as joblib writes it."""
    import joblib

    stream = io.BytesIO()
    joblib.dump(model, stream)
    return stream.getvalue()


def _read_joblib(data: bytes) -> Any:
    """Return the estimator that joblib wrote. It runs what the bytes say: check them first."""
    import joblib

    return joblib.load(io.BytesIO(data))


def _skops_bytes(model: Any) -> bytes:
    """Return an estimator as skops writes it."""
    from skops import io as skops

    data: bytes = skops.dumps(model)
    return data


def _read_skops(data: bytes) -> Any:
    """Return the estimator that skops wrote; its hash vouches for its types."""
    from skops import io as skops

    return skops.loads(data, trusted=skops.get_untrusted_types(data=data))


def _is_torch(value: Any) -> bool:
    """Return whether a value is a module of PyTorch whose class makes one without arguments."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.nn.Module)


def _torch_bytes(model: Any) -> bytes:
    """Return the state of a module, and the name of its class, as safetensors."""
    from safetensors.torch import save

    about = {"class": type_name(model), "training": json.dumps(model.training)}
    data: bytes = save({key: part.contiguous() for key, part in model.state_dict().items()}, about)
    return data


def _read_torch(data: bytes) -> Any:
    """Return the module of safetensors."""
    from safetensors.torch import load

    length = int.from_bytes(data[:8], "little")
    about = json.loads(data[8 : 8 + length])["__metadata__"]
    module, _, name = about["class"].rpartition(".")
    model = getattr(importlib.import_module(module), name)()
    model.load_state_dict(load(data))
    return model.train(json.loads(about["training"]))


def _is_keras(value: Any) -> bool:
    """Return whether a value is a model of Keras."""
    return _has_base(value, "keras") and hasattr(value, "save")


def _keras_bytes(model: Any) -> bytes:
    """Return a model as Keras writes it."""
    return _through_file("model.keras", model.save)


def _read_keras(data: bytes) -> Any:
    """Return the model that Keras wrote."""
    import keras

    return _from_file("model.keras", data, keras.models.load_model)


def _is_xgboost(value: Any) -> bool:
    """Return whether a value is a model of XGBoost."""
    return has_root(value, "xgboost") and hasattr(value, "save_model")


def _xgboost_bytes(model: Any) -> bytes:
    """Return a model as XGBoost writes it, with the name of its class in front."""
    return type_name(model).encode() + b"\n" + _through_file("model.ubj", model.save_model)


def _read_xgboost(data: bytes) -> Any:
    """Return the model that XGBoost wrote."""
    name, _, body = data.partition(b"\n")
    module, _, kind = name.decode().rpartition(".")
    model = getattr(importlib.import_module(module), kind)()
    _from_file("model.ubj", body, model.load_model)
    return model


def _is_statsmodels(value: Any) -> bool:
    """Return whether a value is a result of statsmodels."""
    return has_root(value, "statsmodels") and hasattr(value, "save")


def _statsmodels_bytes(result: Any) -> bytes:
    """Return a result as statsmodels writes it."""
    stream = io.BytesIO()
    result.save(stream)
    return stream.getvalue()


def _read_statsmodels(data: bytes) -> Any:
    """Return the result that statsmodels wrote."""
    from statsmodels.iolib.smpickle import load_pickle

    return load_pickle(io.BytesIO(data))


def _has_base(value: Any, library: str) -> bool:
    return any(base.__module__.partition(".")[0] == library for base in type(value).__mro__)


def _through_file(name: str, save: Callable[[str], object]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        save(str(path))
        return path.read_bytes()


def _from_file(name: str, data: bytes, load: Callable[[str], Any]) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        return load(str(path))


FORMATS = {
    "torch": Format("safetensors", _is_torch, _torch_bytes, _read_torch, True),
    "keras": Format("keras", _is_keras, _keras_bytes, _read_keras, True),
    "xgboost": Format("ubj", _is_xgboost, _xgboost_bytes, _read_xgboost, True),
    "statsmodels": Format("pickle", _is_statsmodels, _statsmodels_bytes, _read_statsmodels, True),
    "model": Format("joblib", _is_model, _joblib_bytes, _read_joblib, True),
    "skops": Format("skops", _is_model, _skops_bytes, _read_skops, True),
}
