"""Calls that write to places which others share: databases, buckets, registries, services."""

from __future__ import annotations

import ast

from nbprod.patterns import lazy_pattern

__all__ = ["SHARED_WORDS", "changes_tables", "command_target", "place_written", "request_target"]

# Methods that no other library of the field has for something harmless.
_WRITES = {
    "to_gbq": "BigQuery",
    "saveAsTable": "a table of the metastore",
    "insertInto": "a table of the metastore",
    "put_object": "an object store",
    "upload_file": "an object store",
    "upload_fileobj": "an object store",
    "upload_from_filename": "an object store",
    "upload_from_string": "an object store",
    "upload_blob": "an object store",
    "insert_rows_json": "BigQuery",
    "load_table_from_dataframe": "BigQuery",
    "register_model": "a model registry",
    "write_pandas": "Snowflake",
    "push_to_hub": "a hub of models",
}
_STORES = ("s3://", "s3a://", "gs://", "abfss://", "wasbs://", "hdfs://")
SHARED_WORDS = (*_WRITES, "to_sql", *_STORES)
"""Code without any of these has no such call."""

# The first words of SQL statements that change something.
_CHANGES = lazy_pattern(
    r"\s*(?:insert|update|delete|drop|create|alter|truncate|merge|replace|grant|copy)\b",
    2,  # re.IGNORECASE
)
_COMMANDS = (
    (r"aws\s+s3\s+(?:cp|mv|rm|sync|mb|rb)\b", "an object store"),
    (r"(?:gsutil|azcopy)\s+(?:-\S+\s+)*(?:cp|copy|mv|rm|rsync|sync|remove)\b", "an object store"),
    (r"gcloud\s.*\b(?:cp|deploy|create|delete|update|submit)\b", "a cloud project"),
    (r"(?:az|aws)\s.*\b(?:create|delete|update|deploy|put|publish|upload)\b", "a cloud project"),
    (r"bq\s.*\b(?:load|mk|rm|insert|cp|update)\b", "BigQuery"),
    (r"kubectl\s.*\b(?:apply|create|delete|patch|scale|rollout|replace)\b", "a cluster"),
    (r"(?:terraform|helm)\s.*\b(?:apply|destroy|install|upgrade|uninstall)\b", "a deployment"),
    (r"(?:docker|podman)\s+(?:image\s+)?push\b", "a registry of images"),
    (r"(?:twine\s+upload|flit\s+publish|poetry\s+publish|uv\s+publish)\b", "a package index"),
    (r"git\s+(?:-\S+\s+\S+\s+)*push\b", "a Git remote"),
    (r"kaggle\s+\w+\s+(?:submit|create|version|push|init)\b", "Kaggle"),
    (r"(?:huggingface-cli|hf)\s+(?:upload|repo)\b", "a hub of models"),
    (r"(?:scp|rsync)\s.*\s\S+:\S*\s*\Z", "another machine"),
    (r"curl\s.*(?:-X\s*(?:POST|PUT|DELETE|PATCH)|\s(?:-d|--data\S*|-F|-T)\s)", "a service"),
)
_PROGRAM = lazy_pattern("|".join(rf"(?P<c{i}>\b{text})" for i, (text, _) in enumerate(_COMMANDS)))
# Functions of these that change what the other side holds, by the names of the modules.
_SENDERS = ("requests", "httpx")
_SENDS = frozenset(["post", "put", "patch", "delete"])


def place_written(node: ast.Call) -> str | None:
    """The kind of shared place that a call writes to; None where it writes to none."""
    func = node.func
    if not isinstance(func, ast.Attribute):
        return None
    if func.attr == "to_sql":
        where = node.args[1] if len(node.args) > 1 else None
        where = next((keyword.value for keyword in node.keywords if keyword.arg == "con"), where)
        text = where.value if isinstance(where, ast.Constant) else ""
        return None if str(text).startswith("sqlite") else "a database"
    if func.attr in ("upload_file", "upload_fileobj"):
        # boto3's: the file, the bucket and the key. Others are the notebook's own, or a service's.
        has_bucket = len(node.args) > 1 or any(keyword.arg == "Bucket" for keyword in node.keywords)
        return _WRITES[func.attr] if has_bucket else None
    if func.attr in _WRITES:
        return _WRITES[func.attr]
    if func.attr in ("save", "parquet", "csv", "json", "to_csv", "to_parquet") and node.args:
        first = node.args[0]
        if isinstance(first, ast.Constant) and str(first.value).startswith(_STORES):
            writes = func.attr.startswith("to_") or "write" in ast.unparse(func.value)
            return "an object store" if writes else None
    return None


def request_target(name: str) -> str | None:
    """The kind of place that a function by its dotted name sends changes to, None if to none."""
    module, _, last = name.rpartition(".")
    if module in _SENDERS and last in _SENDS:
        return "a service"
    return "a mail server" if name in ("smtplib.SMTP", "smtplib.SMTP_SSL") else None


def changes_tables(statement: str) -> bool:
    """Whether an SQL statement changes data or tables."""
    return _CHANGES.match(statement) is not None


def command_target(line: str) -> str | None:
    """The kind of shared place that a command line writes to, None if to none that is known."""
    found = _PROGRAM.search(line)
    if found is None or found.lastgroup is None:
        return None
    return _COMMANDS[int(found.lastgroup[1:])][1]
