"""Names and sentences of functions, from what is written around the code and from its calls."""

from __future__ import annotations

import ast

import pytest

from nbprod.refactor.evidence import Evidence, heading_and_prose
from nbprod.refactor.function_names import named

_CASES = [
    # markdown above, comment, code, parameters, results, the name and the sentence.
    (
        "## Load the weights",
        "",
        "w = pd.read_csv('weights.csv')",
        (),
        ("w",),
        ("load_weights", "Load the weights from a CSV file."),
    ),
    (
        "## Why do parcels get lost?",
        "",
        "share = lost['n'].mean() / sent['n'].mean()",
        ("lost", "sent"),
        ("share",),
        ("compute_share", "Compute share from the column `n`."),
    ),
    (
        "## Heaviest parcels\n\nRank the parcels by weight.",
        "",
        "p = p.sort_values('w')",
        ("p",),
        ("p",),
        ("rank_heaviest_parcels", "Rank the parcels by weight."),
    ),
    (
        "## Load the parcels\n\nDrop what nobody weighed.",
        "",
        "p = pd.read_csv('parcels.csv').dropna()",
        (),
        ("p",),
        ("load_parcels", "Load the parcels: drop what nobody weighed."),
    ),
    (
        "## Sizes",
        "",
        "p['area'] = p['w'] * p['h']\np['tall'] = p['h'] > 2",
        ("p",),
        ("p",),
        ("add_sizes", "Add sizes: `area` and `tall`."),
    ),
    (
        "## Test data",
        "",
        "ends = np.array(routes)[1:]",
        ("routes",),
        ("ends",),
        ("compute_test_data", "Compute test data with `array`."),
    ),
    (
        "### 2.1 Plotting the gaps between parcels",
        "",
        "plt.hist(gaps)",
        ("gaps",),
        (),
        ("plot_gaps_between_parcels", "Plot the gaps between parcels as a histogram."),
    ),
    (
        "## Plot the gaps",
        "",
        "gaps = np.diff(times)",
        ("times",),
        ("gaps",),
        ("compute_gaps", "Compute gaps with `diff`."),
    ),
    (
        "",
        "",
        "gaps = b - a\nplt.hist(gaps)",
        ("a", "b"),
        (),
        ("plot_gaps", "Plot a histogram of `gaps`."),
    ),
    (
        "",
        "weights per depot and day",
        "w = p.groupby(['depot', 'day']).sum()",
        ("p",),
        ("w",),
        ("summarize_weights_per_depot", "Summarize weights per depot and day."),
    ),
]


@pytest.mark.parametrize(("above", "comment", "code", "given", "made", "expected"), _CASES)
def test_names_and_sentences(
    above: str,
    comment: str,
    code: str,
    given: tuple[str, ...],
    made: tuple[str, ...],
    expected: tuple[str, str],
) -> None:
    heading, prose = heading_and_prose(above)
    nodes = tuple(ast.parse(code).body)
    draws = "plt." in code
    evidence = Evidence(heading, prose, comment, "", nodes, given, made, draws, {})
    found = named(evidence, set())
    assert (found.name, found.summary) == expected


def test_the_sentence_on_a_fit_says_what_only_one_model_is_made_with() -> None:
    code = "m = SVC(C=2)\nm.fit(rows, kinds)\n"
    for more, said in (("", "with `C=2` to `rows` and `kinds`"), ("m = SVC(C=3)\n", "to ")):
        nodes = tuple(ast.parse(code + more).body)
        given = ("rows", "kinds")
        found = named(Evidence("", "", "", "", nodes, given, ("m",), False, {}), set())
        assert found.name == "fit_svc"
        assert f"Fit `SVC` {said}" in found.summary


@pytest.mark.parametrize(
    ("above", "code", "given", "made", "expected"),
    [
        (
            "Clean the data.",
            "df = df.drop(['id', 'kind'], axis=1)\ndf = df.dropna()\n",
            ("df",), ("df",), "Drop `id` and `kind`; drop rows with gaps.",
        ),
        (
            "## Encode the data",
            "df = pd.get_dummies(df, columns=['city'])\n",
            ("df",), ("df",), "Encode `city` as indicators.",
        ),
        ("", "plt.scatter(df.age, df['income'])\n", ("df",), (),
         "Plot `income` against `age` as points."),
        ("", "sns.histplot(data=df, x='size')\nplt.show()\n", ("df",), (),
         "Plot a histogram of `size`."),
        (
            "", "a, b, c, d = train_test_split(X, y, train_size=0.9)\n", ("X", "y"),
            ("a", "b", "c", "d"),
            "Split `X` and `y` into a training and a test set, 10 % for testing.",
        ),
        (
            "## Load the data and look at it", "df = pd.read_csv('a.csv')\ndf.head()\n",
            (), ("df",), "Load the data from a CSV file.",
        ),
    ],
)  # fmt: skip
def test_a_sentence_that_only_restates_the_name_gives_way_to_what_the_body_does(
    above: str, code: str, given: tuple[str, ...], made: tuple[str, ...], expected: str
) -> None:
    heading, prose = heading_and_prose(above)
    nodes = tuple(ast.parse(code).body)
    evidence = Evidence(heading, prose, "", "", nodes, given, made, "plt." in code, {})
    assert named(evidence, set()).summary == expected


@pytest.mark.parametrize(
    ("above", "code", "expected"),
    [
        ("## Load the data and look at it", "df = pd.read_csv('a.csv')\n", "load_data"),
        ("## Split the data into train and test", "a, b = train_test_split(df)\n", "split_data"),
        ("", "df = pd.read_csv('TownHousesSold.csv')\n", "load_town_houses_sold"),
    ],
)
def test_a_name_ends_before_what_is_cut_and_before_looks(
    above: str, code: str, expected: str
) -> None:
    heading, prose = heading_and_prose(above)
    nodes = tuple(ast.parse(code).body)
    evidence = Evidence(heading, prose, "", "", nodes, (), ("df",), False, {})
    assert named(evidence, set()).name == expected
