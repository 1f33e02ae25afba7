"""The schemas of frames, as the module `schemas.py`."""

from __future__ import annotations

from nbprod.extract.code.format import formatted
from nbprod.pipeline.types import PipelinePlan

__all__ = ["schemas_module"]

_HEAD = '''"""What the frames between tasks hold: columns, types, where values may be missing."""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

'''


def schemas_module(plan: PipelinePlan) -> str | None:
    """The module with a schema for each kind of frame that was seen; None without any."""
    if not plan.schemas:
        return None
    made = "".join(f"{name} = {source}\n" for name, source in plan.schemas.items())
    return formatted(_HEAD + made, "schemas.py", plan.name)
