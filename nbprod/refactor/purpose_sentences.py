"""Sentences about functions by what their calls are for: what is split, fitted, measured."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from nbprod.libraries.purposes import is_transformer
from nbprod.refactor.evidence import Evidence, calls_of
from nbprod.report.wording import words_listed
from nbprod.syntax.names import last_name
from nbprod.syntax.walk import walk

__all__ = ["NUMBERS", "fitted_classes", "purpose_sentences", "transformer_classes"]

_SPLITS = frozenset(["train_test_split", "random_split"])
_FITS = frozenset(["fit", "fit_predict", "partial_fit", "fit_generator"])
_SCALES = frozenset(["fit", "fit_transform"])
_PREDICTS = frozenset(["predict", "predict_proba", "fit_predict"])
_MOST_NAMES = 2
# What the loaders of scikit-learn and seaborn give.
_LOADERS = ("load_", "fetch_")
_NO_SET = frozenset(["load_dataset", "load_model", "load_data", "load_workbook"])
_LONGEST_NAME = 12
_PARTS_OF_SETS = ("data", "target", "images", "feature_names")
_LONGEST_SETTING = 24
NUMBERS = {2: "two", 3: "three", 4: "four", 5: "five", 6: "six"}
_METRICS = {
    "accuracy_score": "accuracy", "f1_score": "F1 score", "r2_score": "R2",
    "roc_auc_score": "area under the ROC curve", "mean_squared_error": "mean squared error",
    "mean_absolute_error": "mean absolute error", "confusion_matrix": "confusion matrix",
    "classification_report": "classification report", "precision_score": "precision",
    "recall_score": "recall", "silhouette_score": "silhouette score", "score": "score",
    "cross_val_score": "cross-validated scores",
}  # fmt: skip


def purpose_sentences(evidence: Evidence, verb: str) -> Iterator[str]:
    """Sentences without their ends on what a function does, the longest first; none where its
    calls do not say it.

    Args:
        evidence: what is known of the function.
        verb: that of its name.
    """
    if verb in ("fit", "evaluate", "train") and fitted_classes(evidence.nodes):
        yield from _on_fit(evidence)
    elif verb == "split":
        yield from _on_split(evidence)
    elif verb in ("scale", "encode"):
        yield from _on_scale(evidence, verb)
    elif verb == "load":
        yield from _on_load(evidence)
    elif verb in ("evaluate", "print"):
        measured = _measured(evidence.nodes)
        yield from (f"Compute the {words_listed(measured[:most])}" for most in (3, 1) if measured)
    elif verb == "predict":
        given = _arguments(evidence, _PREDICTS)
        models = list(_receivers(evidence.nodes, _PREDICTS))
        if given and models:
            yield f"Predict {given} with `{models[0]}`"


def fitted_classes(nodes: Sequence[ast.AST]) -> list[str]:
    """The classes of the models that some statements make and fit, by name."""
    made = dict(_made(nodes))
    found: dict[str, None] = {}
    for call in calls_of(nodes):
        if last_name(call.func) in _FITS and isinstance(call.func, ast.Attribute):
            receiver = call.func.value
            name = last_name(receiver.func) if isinstance(receiver, ast.Call) else ""
            name = name or (made.get(receiver.id, "") if isinstance(receiver, ast.Name) else "")
            if name and not is_transformer(name):
                found.setdefault(name)
    return list(found)


def _made(nodes: Sequence[ast.AST]) -> Iterator[tuple[str, str]]:
    """Variables and the classes of the objects that they are given."""
    for node in nodes:
        for part in walk(node):
            if isinstance(part, ast.Assign) and isinstance(part.value, ast.Call):
                called = last_name(part.value.func)
                for target in part.targets:
                    if isinstance(target, ast.Name) and called[:1].isupper():
                        yield target.id, called


def transformer_classes(nodes: Sequence[ast.AST]) -> list[str]:
    """The classes that prepare data of which some statements make objects."""
    names = (last_name(call.func) for call in calls_of(nodes))
    return list(dict.fromkeys(name for name in names if is_transformer(name)))


def _on_fit(evidence: Evidence) -> Iterator[str]:
    classes = words_listed([f"`{name}`" for name in fitted_classes(evidence.nodes)[:2]])
    called = {last_name(call.func) for call in calls_of(evidence.nodes)}
    is_split = bool(called & _SPLITS)
    given = _arguments(evidence, _FITS)
    start = f"Fit {classes} to {given}" if given else f"Fit {classes}"
    settings = _settings(evidence.nodes)
    if settings:
        if given and not is_split:
            yield f"Fit {classes} with {settings} to {given}"
        if is_split:
            yield f"Split the data and fit {classes} with {settings}"
        yield f"Fit {classes} with {settings}"
    count = _models_made(evidence.nodes)
    if count in NUMBERS and not is_split:
        yield f"Fit {NUMBERS[count]} {classes} models to {given or 'the data'}"
    if is_split:
        data = _arguments(evidence, _SPLITS) or "the data"
        start = f"Split {data} and fit {classes} to the training set"
    measured = _measured(evidence.nodes)
    for most in (2, 1) if measured else ():
        yield f"{start}; compute the {words_listed(measured[:most])}"
    if is_split and called & _PREDICTS:
        yield f"{start}; predict the test set"
    asked = [one for one in _first_arguments(evidence.nodes, _PREDICTS) if f"`{one}`" not in given]
    if asked and not is_split:
        yield f"{start}; predict {words_listed([f'`{name}`' for name in asked[:2]])}"
    yield start
    yield f"Fit {classes} to a training set"


def _models_made(nodes: Sequence[ast.AST]) -> int:
    """How many models of the only class that is fitted are made and fitted."""
    classes = fitted_classes(nodes)
    calls = list(calls_of(nodes))
    made = [call for call in calls if last_name(call.func) in classes]
    fits = [call for call in calls if last_name(call.func) in _FITS]
    return min(len(made), len(fits)) if len(classes) == 1 else 0


def _settings(nodes: Sequence[ast.AST]) -> str:
    """What the only model is made with, empty where that is not told in a few words."""
    classes = fitted_classes(nodes)
    made = [call for call in calls_of(nodes) if last_name(call.func) in classes]
    for call in made:
        if len(made) == 1:
            given = [ast.unparse(part) for part in (*call.args, *call.keywords)]
            short = [f"`{text}`" for text in given if len(text) < _LONGEST_SETTING]
            if not given:
                return "default settings"
            return words_listed(short[:_MOST_NAMES]) if short and "``" not in str(short) else ""
    return ""


def _on_split(evidence: Evidence) -> Iterator[str]:
    data = _arguments(evidence, _SPLITS)
    called = {last_name(call.func) for call in calls_of(evidence.nodes)}
    if not called & _SPLITS:
        return
    start = f"Split {data or 'the rows'} into a training and a test set"
    if any(name.startswith("read_") for name in called):
        start = "Read a file and split its rows into a training and a test set"
    scaled = [name for name in transformer_classes(evidence.nodes) if name.endswith("Scaler")]
    if scaled:
        yield f"{start}; scale with `{scaled[0]}`"
        yield f"{start}; scale them"
    share = _held_out(evidence.nodes)
    if share and start.startswith("Read"):
        yield f"Read a file and split its rows, {share} for testing"
    elif share:
        yield f"{start}, {share} for testing"
    yield start


def _held_out(nodes: Sequence[ast.AST]) -> str:
    """The share or number of rows that a split keeps for testing, as it is written."""
    for call in calls_of(nodes):
        for keyword in call.keywords if last_name(call.func) in _SPLITS else ():
            size = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if keyword.arg == "test_size" and isinstance(size, float) and 0 < size < 1:
                return f"{size * 100:.3g} %"
            if keyword.arg == "train_size" and isinstance(size, float) and 0 < size < 1:
                return f"{100 - size * 100:.3g} %"
            if keyword.arg == "test_size" and type(size) is int and size > 1:
                return f"{size} rows"
    return ""


def _on_scale(evidence: Evidence, verb: str) -> Iterator[str]:
    with_what = transformer_classes(evidence.nodes)
    if not with_what:
        return
    given = _arguments(evidence, _SCALES) or words_listed(
        [f"`{name}`" for name in evidence.parameters[:1]] or ["the data"]
    )
    for most in (3, 2, 1):
        named = words_listed([f"`{name}`" for name in with_what[:most]])
        yield f"{verb.capitalize()} {given} with {named}"


def _on_load(evidence: Evidence) -> Iterator[str]:
    for call in calls_of(evidence.nodes):
        name = last_name(call.func)
        if name.startswith(_LOADERS) and name not in _NO_SET:
            words = name.partition("_")[2].replace("_", " ")
            taken = _parts_taken(evidence.nodes)
            if taken:
                yield f"Load the {words} data set and take its {taken}"
            if any(last_name(other.func) == "DataFrame" for other in calls_of(evidence.nodes)):
                yield f"Load the {words} data set into a data frame"
            parts = [one for one in evidence.results if len(one) < _LONGEST_NAME]
            if parts:
                yield f"Load the {words} data set as {words_listed([f'`{one}`' for one in parts])}"
            yield f"Load the {words} data set"


def _parts_taken(nodes: Sequence[ast.AST]) -> str:
    """The parts of a data set that some statements read, as a sentence lists them."""
    read = {
        part.attr
        for node in nodes
        for part in walk(node)
        if isinstance(part, ast.Attribute) and part.attr in _PARTS_OF_SETS
    }
    return words_listed([f"`{one}`" for one in _PARTS_OF_SETS if one in read]) if read else ""


def _receivers(nodes: Sequence[ast.AST], calls: frozenset[str]) -> Iterator[str]:
    """The variables whose methods some calls are."""
    for call in calls_of(nodes):
        if last_name(call.func) in calls and isinstance(call.func, ast.Attribute):
            if isinstance(call.func.value, ast.Name):
                yield call.func.value.id


def _measured(nodes: Sequence[ast.AST]) -> list[str]:
    names = (last_name(call.func) for call in calls_of(nodes))
    return list(dict.fromkeys(_METRICS[name] for name in names if name in _METRICS))


def _first_arguments(nodes: Sequence[ast.AST], calls: frozenset[str]) -> list[str]:
    found: dict[str, None] = {}
    for call in calls_of(nodes):
        if last_name(call.func) in calls and call.args and isinstance(call.args[0], ast.Name):
            found.setdefault(call.args[0].id)
    return list(found)


def _arguments(evidence: Evidence, calls: frozenset[str]) -> str:
    """The variables that some calls are given, as a sentence lists them."""
    for call in calls_of(evidence.nodes):
        if last_name(call.func) in calls:
            names = [one.id for one in call.args if isinstance(one, ast.Name)][:_MOST_NAMES]
            if names:
                return words_listed([f"`{name}`" for name in names])
    return ""
