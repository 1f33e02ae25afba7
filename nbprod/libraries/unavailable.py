"""Modules that no environment has: removed from the standard library, misspelt, or a file's. Pure.

nbprod does not see the environment of a notebook, and there are more distributions than any table
holds. So a name that is not known is never held against a notebook: only what a name itself tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from nbprod.patterns import lazy_pattern

__all__ = [
    "SEARCHED",
    "Removal",
    "file_names",
    "is_local_word",
    "is_own_name",
    "is_python2_module",
    "meant_by",
    "removal_of",
]

ReadFile = Callable[[str], str | None]

SEARCHED = "\0module:"
"""Stands, before a module's name, for the folders of the project that have its file, a line each.

No file can have a name that begins so.
"""


class Removal(NamedTuple):
    """Since which Python a module is gone, and what is there instead."""

    since: tuple[int, int]
    instead: str


_REMOVED = {
    name: Removal((int(major), int(minor)), instead)
    for name, major, minor, instead in (
        line.split()
        for line in """\
BaseHTTPServer 3 0 http.server
ConfigParser 3 0 configparser
HTMLParser 3 0 html.parser
SimpleHTTPServer 3 0 http.server
SocketServer 3 0 socketserver
StringIO 3 0 io
Tkinter 3 0 tkinter
__builtin__ 3 0 builtins
cPickle 3 0 pickle
cStringIO 3 0 io
cookielib 3 0 http.cookiejar
copy_reg 3 0 copyreg
htmlentitydefs 3 0 html.entities
httplib 3 0 http.client
urllib2 3 0 urllib.request
urlparse 3 0 urllib.parse
xmlrpclib 3 0 xmlrpc.client
dummy_threading 3 9 threading
formatter 3 10 -
symbol 3 10 -
binhex 3 11 binascii
asynchat 3 12 asyncio
asyncore 3 12 asyncio
distutils 3 12 setuptools
imp 3 12 importlib
smtpd 3 12 aiosmtpd
aifc 3 13 -
audioop 3 13 -
cgi 3 13 -
cgitb 3 13 -
chunk 3 13 -
crypt 3 13 -
imghdr 3 13 -
lib2to3 3 13 -
mailcap 3 13 mimetypes
nntplib 3 13 -
ossaudiodev 3 13 -
pipes 3 13 subprocess
sndhdr 3 13 -
spwd 3 13 -
sunau 3 13 -
telnetlib 3 13 -
uu 3 13 base64
xdrlib 3 13 -
""".splitlines()
    )
}

# What half of all notebooks import, and no name of a distribution is one slip away from.
_FAMOUS = frozenset(
    """IPython geopandas ipywidgets lightgbm matplotlib networkx pandas plotly pyspark requests
    seaborn sklearn sqlalchemy statsmodels tensorflow torchvision transformers xgboost numpy scipy
    keras""".split()
)
# Names of distributions that are taken for those of their modules.
_OTHER_NAMES = {
    "beautifulsoup4": "bs4",
    "opencv_python": "cv2",
    "Pillow": "PIL",
    "pillow": "PIL",
    "PyYAML": "yaml",
    "pyyaml": "yaml",
    "scikit_image": "skimage",
    "scikit_learn": "sklearn",
}
_LONG = 6
_LOCAL = lazy_pattern(r"(?:utils?|helpers?|src|my_\w+)\Z")
# What people call files of their own: by itself, as the last word of a name, as its first.
_OWN = frozenset(
    """code common config configs constants core custom data functions helper helpers lab lib libs
    local main model models modules params preprocessing project scripts script settings src test
    tests tools unittests util utilities utils""".split()
)
_OWN_LAST = frozenset(
    """config configs constants function functions helper helpers lib module modules params
    preprocess preprocessing script scripts settings test tests tools unittest unittests util
    utilities utils""".split()
)
_OWN_FIRST = frozenset("custom helper helpers lab local my our util utils".split())
_PUBLISHED = frozenset(
    """ipython_genutils keras_preprocessing lightning_utilities local_attention python_utils
    pytorch_utils test_tube""".split()
)
_FOLDERS = ("", "src/", "lib/", "notebooks/")
_HIGHEST = 6


def is_python2_module(name: str) -> bool:
    """Whether only Python 2 had a module: nothing that can be installed brings it back."""
    removal = _REMOVED.get(name)
    return name == "Queue" or (removal is not None and removal.since == (3, 0))


def removal_of(module: str, python: tuple[int, int] | None) -> Removal | None:
    """What became of a module that the standard library of some Python has no more.

    Args:
        module: the first part of its name.
        python: the notebook's version; of an unknown one nothing is said.
    """
    found = _REMOVED.get(module)
    return found if found and python is not None and python >= found.since else None


def meant_by(module: str) -> str | None:
    """The well-known module that a name is a slip of: letters swapped, lost or doubled, or case."""
    if module in _OTHER_NAMES:
        return _OTHER_NAMES[module]
    return None if module in _FAMOUS else _SLIPS.get(module)


def _slips(name: str) -> Iterator[str]:
    """What is typed for a name by mistake; its first and last letter are right."""
    for at in range(1, len(name) - 1):
        if at < len(name) - 2:
            yield name[:at] + name[at + 1] + name[at] + name[at + 2 :]
        if len(name) >= _LONG:
            yield name[:at] + name[at + 1 :]
        yield name[: at + 1] + name[at:]
    yield from (name.lower(), name.upper(), name.capitalize())


_SLIPS = {slip: name for name in sorted(_FAMOUS) for slip in _slips(name)}


def is_local_word(module: str) -> bool:
    """Whether a name is what people call a file of their own, and no distribution of use."""
    return bool(_LOCAL.match(module))


def is_own_name(module: str) -> bool:
    """Whether a name is one that people give to files of their own: `config`, `plot_utils`.

    Whatever a package index has under such a name is hardly meant.
    """
    if module in _OWN:
        return True
    words = module.lower().strip("_").split("_")
    if len(words) < 2 or module in _PUBLISHED:
        return False
    return words[-1] in _OWN_LAST or words[0] in _OWN_FIRST


def file_names(module: str, names: Iterable[str]) -> Iterator[str]:
    """Where a local module could be: beside the notebook, or in a folder above it.

    Args:
        module: its dotted name.
        names: what is imported from it, which may also be modules.
    """
    parts = module.split(".")
    inner = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    inner += [f"{inner[-1]}/{name}" for name in names]
    for height in range(_HIGHEST):
        for folder in _FOLDERS:
            for path in inner:
                yield f"{'../' * height}{folder}{path}.py"
                yield f"{'../' * height}{folder}{path}/__init__.py"
