"""Airflow: each task of APP_NAME as `python -m APP_NAME run TASK`.

This file imports nothing of APP_NAME, so Airflow's libraries never meet the project's. The workers'
environment says which Python has the project (APP_VARIABLE_PYTHON), in which directory it works
(APP_VARIABLE_DIRECTORY: where relative paths of the configuration start) and where artefacts are
(APP_VARIABLE_STORAGE; without it, where the configuration says).
"""

from __future__ import annotations

import os
from datetime import datetime, timezone

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Param

# Task -> the tasks that it reads from.
TASKS: dict[str, list[str]] = {}

# Values reach the shell through the environment only, so none of them can be a command.
COMMAND = (
    'exec "$PYTHON" -m APP_NAME run "$TASK" --run-id "$RUN" '
    '${STORAGE:+--storage "$STORAGE"} --config-json "$PATCH"'
)

with DAG(
    "APP_NAME",
    schedule=None,
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),
    catchup=False,
    params={"patch": Param({}, type="object", description="settings that replace defaults")},
) as dag:
    operators = {
        name: BashOperator(
            task_id=name,
            bash_command=COMMAND,
            append_env=True,
            cwd=os.environ.get("APP_VARIABLE_DIRECTORY"),
            env={
                "PYTHON": os.environ.get("APP_VARIABLE_PYTHON", "python"),
                "STORAGE": os.environ.get("APP_VARIABLE_STORAGE", ""),
                "TASK": name,
                "RUN": "{{ run_id | replace(':', '-') | replace('+', '-') }}",
                "PATCH": "{{ params.patch | tojson }}",
            },
        )
        for name in TASKS
    }
    for name, upstream in TASKS.items():
        operators[name].set_upstream([operators[above] for above in upstream])
