"""Collections of notebooks that outgrow one machine: bytes to rows of tables, on any engine.

`rows` is the pure core. Sources, engines and the store are its edge; pyarrow, fsspec, duckdb and
dask come with the extras `survey` and `dask`, and are imported late.
"""
