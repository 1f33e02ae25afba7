"""What methods of containers and of libraries' objects do: to their receiver, and to their result.

Tables only. The types are those of `nbprod.libraries.functions.result_type`.
"""

from __future__ import annotations

__all__ = [
    "ADDING_METHODS",
    "ARRAY_COPIES",
    "ARRAY_VIEWS",
    "CHANGING_METHODS",
    "EAGER_METHODS",
    "FAILING_METHODS",
    "FRAME_METHODS",
    "FRAME_TO_FRAME",
    "GATHERING_METHODS",
    "IDEMPOTENT_METHODS",
    "INDEXERS",
    "INPLACE_METHODS",
    "MASKS",
    "MERGE_KEYS",
    "MUTATORS",
    "RESETTING",
    "REWINDING",
    "STEPPERS",
    "STEPPING_LIBRARIES",
    "STRONG_MUTATORS",
    "TRAINERS",
]

# How a method changes its receiver: "chain", the new state depends on the old one in a way that a
# second call shows; "reset", a second call changes nothing more.
MUTATORS: dict[str, dict[str, str]] = {
    "list": {
        "append": "chain", "extend": "chain", "insert": "chain", "pop": "chain",
        "remove": "chain", "reverse": "chain", "sort": "reset", "clear": "reset",
        "appendleft": "chain", "extendleft": "chain", "popleft": "chain", "rotate": "chain",
    },
    "dict": {
        "update": "reset", "setdefault": "reset", "pop": "chain", "popitem": "chain",
        "clear": "reset", "subtract": "chain", "move_to_end": "reset",
    },
    "set": {
        "add": "reset", "update": "reset", "discard": "reset", "remove": "chain",
        "pop": "chain", "clear": "reset", "difference_update": "reset",
        "intersection_update": "reset", "symmetric_difference_update": "chain",
    },
    "pandas.DataFrame": {"insert": "chain", "pop": "chain", "update": "reset"},
    "pandas.Series": {"pop": "chain", "update": "reset"},
    "numpy.ndarray": {"sort": "reset", "fill": "reset", "put": "reset", "resize": "reset"},
    "file": {"write": "chain", "writelines": "chain", "truncate": "chain"},
    "random": {"seed": "reset"},
}  # fmt: skip
RESETTING = frozenset(
    name for table in MUTATORS.values() for name, how in table.items() if how == "reset"
)
# On an object of unknown type these can hardly mean anything but a change of it.
STRONG_MUTATORS = {
    "append": "chain", "extend": "chain", "appendleft": "chain", "popleft": "chain",
    "setdefault": "reset", "popitem": "chain",
}  # fmt: skip
# These begin anew, or put their receiver into a state that is given.
TRAINERS = frozenset(
    """
    fit fit_transform fit_predict train compile load_state_dict load_weights
    """.split()
)
# These bring their receiver back to where it began; `seek` does so with 0.
REWINDING = frozenset(
    "reset rewind restart clear reset_state reset_states reset_metrics seek".split()
)
# These go on from the state that their receiver is in.
STEPPERS = frozenset("partial_fit step backward train_on_batch".split())
# The libraries whose objects `step` changes also where its result is used; elsewhere that may be
# the response to a step.
STEPPING_LIBRARIES = frozenset(
    """
    torch tensorflow keras gym gymnasium pettingzoo stable_baselines3 transformers accelerate
    deepspeed timm ray mesa simpy pybullet dm_control unityagents mlagents_envs kaggle_environments
    """.split()
)

# Methods that call a function which they are given, before they return.
EAGER_METHODS = frozenset("apply applymap agg aggregate transform pipe sort map".split())

# Methods of containers that put what they are given into their receiver.
ADDING_METHODS = frozenset(
    "append extend insert add update setdefault appendleft extendleft".split()
)

# What of a pandas object is indexed in place of the object itself; `ix` until pandas 1.0.
INDEXERS = frozenset(["loc", "iloc", "at", "iat", "ix"])
# Each of these says by what `merge` matches the rows.
MERGE_KEYS = frozenset(["on", "left_on", "right_on", "left_index", "right_index"])
# Methods of a pandas object whose result is another such object.
FRAME_METHODS = frozenset(
    """
    copy dropna fillna drop drop_duplicates sort_values sort_index reset_index set_index rename
    merge join assign astype head tail sample query groupby replace append filter loc iloc apply
    map round clip where mask melt pivot pivot_table transpose reindex nlargest nsmallest sum
    mean describe isnull isna notnull value_counts
    """.split()
)
# Those of a frame that give a frame again, whatever they are given.
FRAME_TO_FRAME = frozenset(
    """
    dropna fillna drop drop_duplicates sort_values sort_index reset_index set_index rename head
    tail sample query assign copy merge join astype replace where mask round abs ffill bfill
    interpolate nlargest nsmallest select_dtypes
    """.split()
)
# Methods of a frame that can change it in place (`inplace=True`); their result is None then.
INPLACE_METHODS = frozenset(
    """
    drop dropna fillna drop_duplicates sort_values sort_index reset_index set_index rename
    replace query eval rename_axis interpolate ffill bfill clip mask where
    """.split()
)
# Methods of an array whose result is a new array, or a view of the same.
ARRAY_COPIES = frozenset("copy astype cumsum round clip flatten dot".split())
ARRAY_VIEWS = frozenset("reshape ravel view transpose squeeze".split())
# Methods whose result says which rows to take.
MASKS = frozenset("notnull notna isin between contains startswith endswith isnull".split())

# f(f(x)) == f(x) for these methods of their receiver, whatever their other arguments.
IDEMPOTENT_METHODS = frozenset(
    """
    dropna drop_duplicates sort_values sort_index fillna ffill bfill astype lower upper strip
    lstrip rstrip title capitalize casefold copy rename reindex to_numpy tolist to_frame abs
    round normalize clip infer_objects convert_dtypes eval cuda cpu to float double half long
    contiguous flatten ravel squeeze detach numpy reshape nlargest nsmallest head set_axis query
    isin tz_convert rename_axis persist cache union difference intersection prefetch resolve
    expanduser absolute unique toarray filter where select cast cast_column set_format
    with_format sort train requires_grad_ limit distinct dropDuplicates ungroup interpolate mask
    select_dtypes to_dict items center zfill rjust ljust explode
    """.split()
)
# Methods whose result is surely another when they are applied to it again.
CHANGING_METHODS = frozenset(
    """
    append extend shift diff pct_change cumsum cumprod merge transpose reset_index add sub mul div
    add_suffix add_prefix insert concat unsqueeze permute swapaxes batch repeat shuffle sample
    describe value_counts
    """.split()
)
# Methods that may leave out again what was put to their receiver.
GATHERING_METHODS = frozenset(
    """
    drop_duplicates unique distinct dropDuplicates head limit nlargest nsmallest reindex select
    filter query where isin intersection difference union strip lstrip rstrip select_dtypes
    normalize to_dict
    """.split()
)
# Methods that raise when they are applied to their result, which lacks what they look for.
FAILING_METHODS = frozenset(
    """
    drop set_index melt pivot join split rsplit encode decode getvalue read readline readlines keys
    values remove_columns remove_column rename_column rename_columns
    """.split()
)
