"""Keys that cannot be there: each case is run, and fails with a KeyError just where it is said."""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.flow.known_keys import early_keys
from nbprod.notebook.read import read_notebook

CASES = [
    "c = {}\nc['a']",
    "c = {'a': 1}\nprint(c['a'], c['b'])",
    "c = dict(a=1)\nx = c['b'] + 1",
    "c = {'a': 1}\nc['b'] += 1",
    "c = {'a': 1}\nc['b'] = 2\nc['b'] += c['z']",
    "c = {'a': {}}\nc['a']['x'] = 1\nc['x']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]})\nd[['a', 'b']]",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]})\nd.head()\nd['b'] = d['c']",
    "c = {'a': 1}\nfor k in c:\n    pass\nc['b']",
    "c = {'a': 1}\nf'{c}'\nlen(c)\nc['b']",
    # Over several cells, of which some do not have the name.
    "c = {'a': 1}\n# %%\nx = 1\n# %%\nc['b']",
    "x = 1\n# %%\nc = {}\nc['a']",
    "c = {'a': 1}\n# %%\nd = {'b': 1}\nd['b']\n# %%\nd['c']",
    # These run, or fail otherwise.
    "c = {'a': 1}\n# %%\nx = 1\n# %%\nc['b'] = 1\n# %%\nc['b']",
    # To Python the ligature is the two letters.
    "file = {'a': 1}\n# %%\n\ufb01le['b'] = 1\n# %%\nfile['b']",
    "c = {'a': 1}\nc.update(b=1)\nc['b']",
    "c = {'a': 1}\nd = c\nd['b'] = 1\nc['b']",
    "c = {'a': 1}\nif True:\n    c['b'] = 1\nc['b']",
    "c = {'a': 1}\ntry:\n    c['b']\nexcept KeyError:\n    pass",
    "c = {'a': 1}\nx = c['b'] if 'b' in c else 0",
    "c = {'a': 1}\n'b' in c and c['b']",
    "c = {'a': 1}\nc |= {'b': 2}\nc['b']",
    "c = {'a': 1}\nfor k in 'bc':\n    c[k] = 1\nc['b']",
    "c = {'a': 1}\ndef f():\n    c['b'] = 1\nf()\nc['b']",
    "c = {'a': 1}\nglobals()['c']['b'] = 1",
    "c = {**{'b': 1}}\nc['b']",
    "c = {'a': 1}\n[c['b'] for _ in []]",
    "c = {'a': 1}\nc = {'b': 1}\nc['b']",
    "from collections import defaultdict\nc = defaultdict(int)\nc['b']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]})\nd.columns = ['b']\nd['b']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]})\nd.loc[:, 'b'] = 1\nd['b']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]}).rename(columns={'a': 'b'})\nd['b']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]})\nd = d.assign(b=1)\nd['b']",
    "import pandas as pd\nd = pd.DataFrame({'a': [1]}, columns=['b'])\nd['b']",
    "c = {'a': 1}\nexec(\"c['b'] = 1\")\nc['b']",
    "c = {'a': 1}\n(c)['b'] = 1\nc['b']",
    "c = {'a': 1}\nwith open('/dev/null') as c['b']:\n    pass\nc['b']",
    "c = {'a': 1}\nfor c['b'] in [1]:\n    pass\nc['b']",
    "c = {'a': 1}\nc['b'], x = 1, 2\nc['b']",
    "c = {'a': 1}\nimport json\njson.loads('{}')\nc.setdefault('b', 1)\nc['b']",
]


def predicted(source: str) -> list[str]:
    book = read_notebook(f"# %%\n{source}\n".encode(), "x.py")
    facts = Facts(book)
    return [read.key for read in early_keys(facts.parsed, facts.qualified)][:1]


def raised(source: str) -> list[str]:
    try:
        exec(compile(source, "cell", "exec"), {"__name__": "__main__"})
    except KeyError as error:
        missing = str(error.args[0])
        return [missing.split("'")[1] if "not in index" in missing else missing]
    return []


@pytest.mark.parametrize("source", CASES)
def test_what_is_told_is_what_a_run_raises(source: str) -> None:
    if "pandas" in source:
        pytest.importorskip("pandas")
    assert predicted(source) == raised(source)
