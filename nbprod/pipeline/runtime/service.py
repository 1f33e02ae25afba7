# SPDX-License-Identifier: MIT-0
"""The model over HTTP: predictions, health, metadata, metrics; each decision is logged."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timezone
from functools import cache
from typing import Annotated, Any

import pandas as pd
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from pydantic import BaseModel as Body
from pydantic import Field

from .contracts import ContractError, outside, read_profiles
from .errors import ApplicationError
from .model import BaseModel, application_model

__all__ = ["create_app", "model_of_environment"]

_APP = __package__.rpartition(".")[0]
_VARIABLE = f"{_APP.upper()}_MODEL"
_MOST_ROWS = 10_000


class Rows(Body):
    """The rows to predict, each a mapping of columns."""

    rows: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=_MOST_ROWS)]


def create_app(model: BaseModel | None = None) -> FastAPI:
    """Return the service.

    Args:
        model: what predicts. Without it APP_MODEL is the URL of a saved model, and APP_MODEL_SHA256
            the hash that its deployment vouches for.
    """

    @asynccontextmanager
    async def with_model(app: FastAPI) -> AsyncIterator[None]:
        app.state.model = model or model_of_environment()
        yield

    app = FastAPI(title=_APP, lifespan=with_model)
    registry = CollectorRegistry()
    answered = Counter("requests", "Requests for predictions.", ["status"], registry=registry)
    latency = Histogram("latency_seconds", "Time of a prediction.", registry=registry)
    strange = Counter(
        "outside_profile", "Values outside what was seen.", ["column"], registry=registry
    )

    @app.exception_handler(ContractError)
    async def reject(_: Request, error: ContractError) -> JSONResponse:
        answered.labels("422").inc()
        cases = [
            {"loc": ["rows", case.row, case.column], "msg": case.check, "input": case.got}
            for case in error.cases
        ]
        return JSONResponse({"detail": cases}, 422)

    @app.post("/predict")
    def predict(body: Rows, request: Request) -> dict[str, Any]:
        began = time.perf_counter()
        held: BaseModel = request.app.state.model
        frame = pd.DataFrame(body.rows)
        found = _plain(held.predict(frame))
        latency.observe(time.perf_counter() - began)
        counts = outside(frame, read_profiles().get(held.profile or "", {}))
        for column, count in counts.items():
            strange.labels(column).inc(count)
        answered.labels("200").inc()
        _log(model=held.sha256, rows=body.rows, predictions=found, outside=counts)
        return {"predictions": found, "model": held.sha256}

    @app.get("/health")
    def health(request: Request) -> dict[str, str]:
        return {"status": "ok", "model": request.app.state.model.sha256}

    @app.get("/metadata")
    def metadata(request: Request) -> dict[str, Any]:
        held: BaseModel = request.app.state.model
        return {"application": _APP, "sha256": held.sha256, **held.about}

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(registry), media_type="text/plain; version=0.0.4")

    return app


def model_of_environment(allow_versions: bool = False) -> BaseModel:
    """Return the model that the environment names.

    Args:
        allow_versions: read one that other versions of its libraries wrote, from now on.
    """
    if allow_versions:
        os.environ[f"{_VARIABLE}_ALLOW_VERSIONS"] = "1"
    url = os.environ.get(_VARIABLE)
    if not url:
        raise ApplicationError(f"{_VARIABLE} must be the URL of a saved model")
    allowed = os.environ.get(f"{_VARIABLE}_ALLOW_VERSIONS") == "1"
    return _loaded(url, os.environ.get(f"{_VARIABLE}_SHA256"), allowed)


@cache
def _loaded(url: str, digest: str | None, allow_versions: bool) -> BaseModel:
    return application_model().load(url, digest, allow_versions=allow_versions)


def _plain(predictions: Any) -> list[Any]:
    """Return predictions as JSON has them."""
    if isinstance(predictions, pd.DataFrame):
        return list(predictions.to_dict("records"))
    return list(predictions.tolist() if hasattr(predictions, "tolist") else predictions)


def _log(**about: Any) -> None:
    """Write a decision as a line of JSON."""
    now = datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    print(json.dumps({"time": now, **about}, default=str), file=sys.stdout, flush=True)
