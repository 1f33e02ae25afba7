"""Reads of files above the only cells that write them."""

from __future__ import annotations

import pytest

from nbprod.facts import Facts
from nbprod.flow.file_order import early_file_reads
from nbprod.notebook.read import read_notebook

EARLY = [
    ('pd.read_csv("a.csv")', 'df.to_csv("a.csv")'),
    ('open("out/a.txt").read()', 'open("out/a.txt", "w").write("x")'),
    ('joblib.load("m.pkl")', 'joblib.dump(m, "m.pkl")'),
    ('np.load("./x.npy")', 'np.save("x.npy", x)'),
    ('torch.load("w.pt")', 'torch.save(m, "w.pt")'),
    ('Path("a.md").read_text()', 'Path("a.md").write_text("x")'),
    ('with open("c.json") as f:\n    c = json.load(f)', "%%writefile c.json\n{}"),
    ('Image.open("p.png")', 'plt.savefig("p.png")'),
]
FINE = [
    ('df.to_csv("a.csv")', 'pd.read_csv("a.csv")'),
    ('pd.read_csv("a.csv")', 'df.to_csv("b.csv")'),
    ('if ready:\n    pd.read_csv("a.csv")', 'df.to_csv("a.csv")'),
    ('try:\n    open("a.csv")\nexcept OSError:\n    pass', 'df.to_csv("a.csv")'),
    ('def load():\n    return pd.read_csv("a.csv")', 'df.to_csv("a.csv")'),
    ('pd.read_csv("https://x.org/a.csv")', 'df.to_csv("a.csv")'),
    ('df = pd.read_csv("a.csv")\ndf.to_csv("a.csv")', 'df.to_csv("a.csv")'),
]


def early(above: str, below: str) -> list[str]:
    text = f"# %%\n{above}\n\n# %%\n{below}\n"
    facts = Facts(read_notebook(text.encode(), "x.py"))
    return [found.read.path for found in early_file_reads(facts.parsed)]


@pytest.mark.parametrize(("above", "below"), EARLY)
def test_a_read_above_its_write(above: str, below: str) -> None:
    assert len(early(above, below)) == 1


@pytest.mark.parametrize(("above", "below"), FINE)
def test_what_needs_no_other_order(above: str, below: str) -> None:
    assert not early(above, below)
