"""What functions of Python and of libraries do, by dotted name: tables only."""

from __future__ import annotations

from functools import cache

from nbprod.libraries.methods import EAGER_METHODS
from nbprod.patterns import lazy_pattern

__all__ = [
    "ARGUMENT_MUTATORS",
    "ARGUMENT_RESETTERS",
    "CHANGING_CALLS",
    "CONTAINERS",
    "EAGER_CALLERS",
    "EAGER_NAMES",
    "EXITS",
    "FAILING_CALLS",
    "FILE_CHANGES",
    "IDEMPOTENT_CALLS",
    "ITERATING_BUILTINS",
    "JOINING_CALLS",
    "LAZY_BUILTINS",
    "LAZY_CALLERS",
    "PLAIN_RESULTS",
    "PRESERVING",
    "PURE_BUILTINS",
    "RUNNERS",
    "SWALLOWERS",
    "TIMELESS_BUILTINS",
    "WORLDLY_NAMES",
    "WRAPPING_BUILTINS",
    "result_type",
]

CONTAINERS = {
    "collections.defaultdict": "dict",
    "collections.OrderedDict": "dict",
    "collections.Counter": "dict",
    "collections.deque": "list",
    "builtins.list": "list",
    "builtins.dict": "dict",
    "builtins.set": "set",
    "builtins.bytearray": "list",
}

# Calls that run a function which they are given, before they return.
EAGER_CALLERS = frozenset(
    """
    builtins.sorted builtins.max builtins.min functools.reduce builtins.list.sort
    """.split()
)
# Calls that run it when their result is gone through.
LAZY_CALLERS = frozenset(
    """
    builtins.map builtins.filter itertools.starmap itertools.accumulate itertools.groupby
    itertools.takewhile itertools.dropwhile itertools.filterfalse
    """.split()
)
# Calls that run the coroutines that they are given.
RUNNERS = frozenset(
    """
    asyncio.run asyncio.gather asyncio.wait asyncio.wait_for asyncio.create_task
    asyncio.ensure_future
    """.split()
)
# Builtins that go through their argument, and those that do so when they are gone through.
ITERATING_BUILTINS = frozenset(
    """
    list tuple set frozenset dict sum sorted max min any all len str bytes
    """.split()
)
# Builtins whose result is a number or a text, of which two copies are the same.
PLAIN_RESULTS = frozenset("int float str len sum round bool abs format".split())
# Builtins that only read what they are given, and whose result holds it at most.
PURE_BUILTINS = PLAIN_RESULTS | frozenset(
    """
    min max list tuple set dict sorted type repr range zip enumerate isinstance any all divmod
    """.split()
)
# Functions and methods that are done with what they are given when they return.
EAGER_NAMES = (
    (ITERATING_BUILTINS - {"str", "bytes"})
    | EAGER_METHODS
    | frozenset(
        """
        join filter assign sort_values reduce Counter array fromiter groupby next OrderedDict
        defaultdict extend update
        """.split()
    )
)
# Those of them that are lazy as plain names: the result calls later what it was given.
LAZY_BUILTINS = frozenset(["map", "filter", "defaultdict", "groupby"])
WRAPPING_BUILTINS = frozenset("enumerate zip reversed iter".split())
# Decorators and wrappers whose result calls the function they are given and nothing more.
PRESERVING = frozenset(
    """
    functools.lru_cache functools.cache functools.wraps numba.njit numba.jit tensorflow.function
    torch.no_grad torch.inference_mode contextlib.contextmanager functools.singledispatch
    builtins.staticmethod builtins.classmethod builtins.property functools.cached_property
    abc.abstractmethod typing.no_type_check typing.overload jax.jit dataclasses.dataclass
    functools.total_ordering typing.final ipywidgets.interact_manual
    """.split()
)
# Context managers that keep the exceptions they name from going on.
SWALLOWERS = frozenset("contextlib.suppress pytest.raises".split())
# Calls that end the run.
EXITS = frozenset("sys.exit builtins.exit builtins.quit os._exit os.abort".split())

# Functions that change an argument in place, with its position.
ARGUMENT_MUTATORS = {
    "random.shuffle": 0, "numpy.random.shuffle": 0, "heapq.heappush": 0, "heapq.heappop": 0,
    "heapq.heapify": 0, "bisect.insort": 0, "bisect.insort_left": 0, "bisect.insort_right": 0,
    "numpy.put": 0, "numpy.copyto": 0, "numpy.fill_diagonal": 0,
}  # fmt: skip
# Those of them that a second call changes nothing more.
ARGUMENT_RESETTERS = frozenset("heapq.heapify numpy.put numpy.copyto numpy.fill_diagonal".split())
# What functions do to the file that they are given first.
FILE_CHANGES = {
    "os.remove": "removes", "os.unlink": "removes", "os.rename": "removes", "os.rmdir": "removes",
    "shutil.move": "removes", "shutil.rmtree": "removes", "os.replace": "removes",
    "os.mkdir": "creates",
}  # fmt: skip

# f(f(x)) == f(x), by the names that people import these under.
IDEMPOTENT_CALLS = frozenset(
    """
    sorted list tuple set frozenset dict str int float bool abs round np.array np.asarray
    numpy.array numpy.asarray np.abs np.sort np.unique np.squeeze np.ravel pd.DataFrame
    pandas.DataFrame pd.to_datetime pandas.to_datetime pd.to_numeric pandas.to_numeric pd.Series
    Path pathlib.Path os.path.abspath copy.copy copy.deepcopy deepcopy np.nan_to_num
    torch.tensor torch.Tensor torch.from_numpy np.float32 np.float64 np.int32 np.int64
    OrderedDict np.round np.floor np.ceil math.floor math.ceil np.maximum np.minimum max min
    filter os.path.basename os.path.normpath os.path.realpath os.path.expanduser
    """.split()
)
# f(f(x)) is surely something else.
CHANGING_CALLS = frozenset(
    """
    repr enumerate zip type json.dumps np.log np.log1p
    np.log2 np.log10 np.exp np.expm1 np.sqrt np.square np.cumsum np.flip np.flipud np.fliplr
    np.negative math.log math.log10 math.exp math.sqrt
    """.split()
)
# These raise for what they give.
FAILING_CALLS = frozenset("len reversed ord chr".split())
# With a list of things, or several, these give all of them.
JOINING_CALLS = frozenset(
    """
    pd.concat pandas.concat np.append np.concatenate np.vstack np.hstack numpy.append
    numpy.concatenate numpy.vstack numpy.hstack pl.concat
    """.split()
)

# Builtins that give the same whenever they are called with the same.
TIMELESS_BUILTINS = frozenset(
    """
    abs bool bytes complex dict enumerate float frozenset int len list max min object property
    range repr reversed round set slice sorted staticmethod classmethod str sum super tuple type
    zip
    """.split()
)
# Functions and methods that look at the world: the clock, files, random numbers.
WORLDLY_NAMES = frozenset(
    """
    random rand randn randint now today utcnow time uuid1 uuid4 cwd home exists is_file is_dir
    iterdir glob rglob read_text read_bytes open stat resolve absolute manual_seed load loadtxt
    genfromtxt fromfile save seed date_range
    """.split()
)

_FRAMES = lazy_pattern(
    r"pandas\.(?:DataFrame|read_\w+|concat|merge|get_dummies|pivot_table|crosstab|melt"
    r"|json_normalize|io\.\w+\.read_\w+)\Z"
)
_SERIES = lazy_pattern(r"pandas\.(?:Series|to_datetime|to_numeric|cut|qcut|date_range|Index)\Z")
_ARRAYS = lazy_pattern(
    r"numpy\.(?:array|asarray|zeros|ones|empty|full|arange|linspace|logspace|eye|identity|random\."
    r"\w+|zeros_like|ones_like|full_like|concatenate|vstack|hstack|stack|where|sort|cumsum)\Z"
)
_FIXED = {
    "builtins.open": "file",
    "random.Random": "generator",
    "numpy.random.default_rng": "generator",
    "numpy.random.RandomState": "generator",
    "numpy.random.Generator": "generator",
}


@cache
def result_type(name: str) -> str | None:
    """The type of what calling a library's ``name`` returns, None when that is not known."""
    fixed = _FIXED.get(name)
    if fixed is not None:
        return fixed
    if name.startswith("pandas."):
        if _FRAMES.match(name):
            return "pandas.DataFrame"
        return "pandas.Series" if _SERIES.match(name) else None
    if name.startswith("numpy.") and _ARRAYS.match(name):
        return "numpy.ndarray"
    last = name.rpartition(".")[2]
    # A capitalised name is a class by convention: the call makes an object of it.
    return name if last[:1].isupper() and not last.isupper() else None
