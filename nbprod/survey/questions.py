"""What a report on a survey asks of its tables, in the SQL of DuckDB. Pure."""

from __future__ import annotations

from typing import NamedTuple

from nbprod.clones.find import Limits
from nbprod.review.readiness_items import ITEMS

__all__ = ["COMPARISONS", "QUESTIONS", "SurveyQuestion", "readiness"]

_LIMITS = Limits()


class SurveyQuestion(NamedTuple):
    """A question: its heading, what an answer means, the query, and what is drawn of it.

    ``bars`` are the columns for the names and the lengths of bars.
    """

    title: str
    text: str
    sql: str
    bars: tuple[str, str] | None = None


_OVERVIEW = """
SELECT count(*) AS notebooks, count(DISTINCT repository) AS repositories,
       count(DISTINCT owner) AS owners, sum(cells) AS cells, sum(code_lines) AS lines,
       sum(findings) AS findings, count(*) FILTER (fails) AS failing,
       count(*) FILTER (unreadable) AS unreadable, count(*) - count(DISTINCT content) AS copies
FROM notebooks
"""
_RULES = """
SELECT code, name, mode(severity) AS severity, count(*) AS findings,
       count(DISTINCT path) AS notebooks, count(DISTINCT repository) AS repositories
FROM findings JOIN notebooks USING (path)
GROUP BY code, name ORDER BY findings DESC, code
"""
_PLACES = """
SELECT {place}, count(*) AS notebooks, sum(findings) AS findings,
       round(sum(findings) / count(*), 2) AS per_notebook,
       count(*) FILTER (fails) AS failing,
       round(100.0 * count(*) FILTER (fails) / count(*), 1) AS failing_percent
FROM notebooks WHERE {place} IS NOT NULL
GROUP BY {place} ORDER BY {order}
"""
_RULES_BY_PLACE = """
SELECT repository, code, name, count(*) AS findings, count(DISTINCT path) AS notebooks
FROM findings JOIN notebooks USING (path) WHERE repository IS NOT NULL
GROUP BY ALL ORDER BY findings DESC, repository, code
"""
_WORST = """
SELECT path, count(*) FILTER (severity = 'error') AS errors,
       count(*) FILTER (severity = 'warning') AS warnings,
       count(*) FILTER (severity = 'info') AS infos, bool_or(stops) AS fails
FROM findings GROUP BY path ORDER BY errors DESC, warnings DESC, infos DESC, path
"""
# Names can be renamed one to one where each has its first place in common with the other's.
_FUNCTIONS = f"""
WITH parts AS (
    SELECT *, string_split(names, ' ') AS words FROM fingerprints
    WHERE kind IN ('function', 'class') AND weight >= {_LIMITS.weight}
), alike AS (
    SELECT *, list_transform(words, lambda word: list_position(words, word)) AS pattern FROM parts
)
SELECT mode(name) AS name, mode(kind) AS kind, any_value(weight) AS nodes,
       count(DISTINCT path) AS notebooks, count(DISTINCT repository) AS repositories,
       count(DISTINCT exact) AS versions, min(path || ' cell ' || cell) AS first
FROM alike JOIN notebooks USING (path)
GROUP BY digest, pattern HAVING count(DISTINCT path) > 1
ORDER BY any_value(weight) * (count(DISTINCT path) - 1) DESC, first
"""
_STEPS = f"""
WITH steps AS (
    SELECT path, cell, position, line,
           [digest, lead(digest) OVER own, lead(digest, 2) OVER own] AS digests,
           weight + lead(weight) OVER own + lead(weight, 2) OVER own AS nodes,
           least(weight, lead(weight) OVER own, lead(weight, 2) OVER own) AS least_nodes
    FROM fingerprints WINDOW own AS (PARTITION BY path, cell ORDER BY position)
)
SELECT any_value(nodes) AS nodes, count(*) AS places, count(DISTINCT path) AS notebooks,
       count(DISTINCT repository) AS repositories,
       min(path || ' cell ' || cell || ' line ' || line) AS first
FROM steps JOIN notebooks USING (path)
WHERE nodes >= {_LIMITS.weight} AND least_nodes > 0
GROUP BY digests HAVING count(DISTINCT path) > 1
ORDER BY any_value(nodes) * (count(*) - 1) DESC, first
"""
_COPIES = """
SELECT count(*) AS notebooks, count(DISTINCT content) AS versions,
       count(DISTINCT repository) AS repositories, min(path) AS first
FROM notebooks WHERE shape IS NOT NULL
GROUP BY shape HAVING count(*) > 1 ORDER BY notebooks DESC, first
"""
# As `nbprod clones`: cells of very many notebooks tell little of two of them.
_NEAR = """
WITH own AS (
    SELECT DISTINCT path, shape FROM cells WHERE shape IS NOT NULL
    AND path IN (SELECT path FROM notebooks WHERE shape IS NOT NULL)
), telling AS (
    SELECT shape FROM own GROUP BY shape HAVING count(*) BETWEEN 2 AND 40
), pairs AS (
    SELECT a.path AS first, b.path AS second, count(*) AS shared
    FROM own a JOIN own b ON a.shape = b.shape AND a.path < b.path
    WHERE a.shape IN (SELECT shape FROM telling) GROUP BY ALL
), sizes AS (SELECT path, count(*) AS cells FROM own GROUP BY path)
SELECT first, second, shared AS cells_shared, greatest(a.cells, b.cells) AS cells
FROM pairs JOIN sizes a ON a.path = first JOIN sizes b ON b.path = second
JOIN notebooks x ON x.path = first JOIN notebooks y ON y.path = second
WHERE shared >= 0.8 * greatest(a.cells, b.cells) AND x.shape <> y.shape
ORDER BY cells_shared DESC, first, second
"""
_DEPENDENCIES = """
SELECT distribution, count(DISTINCT path) AS notebooks,
       count(DISTINCT repository) AS repositories,
       array_to_string(list_sort(list_distinct(list(version))), ', ') AS versions
FROM dependencies JOIN notebooks USING (path) WHERE NOT is_local
GROUP BY distribution ORDER BY notebooks DESC, distribution
"""
_SECRETS = """
SELECT provider, identity, count(*) AS places, count(DISTINCT path) AS notebooks,
       count(DISTINCT repository) AS repositories, min(path) AS first
FROM secrets JOIN notebooks USING (path) WHERE identity IS NOT NULL
GROUP BY provider, identity HAVING count(DISTINCT path) > 1
ORDER BY notebooks DESC, places DESC, identity
"""
_ERRORS = """
SELECT kind, count(*) AS notebooks, min(path) AS first FROM errors
GROUP BY kind ORDER BY notebooks DESC, kind
"""

QUESTIONS: tuple[SurveyQuestion, ...] = (
    SurveyQuestion("Overview", "What the survey contains.", _OVERVIEW),
    SurveyQuestion("Rules", "Findings by rule.", _RULES, ("name", "findings")),
    SurveyQuestion(
        "Repositories", "Repositories by findings.",
        _PLACES.format(place="repository", order="findings DESC, repository"),
        ("repository", "findings"),
    ),
    SurveyQuestion("Rules by repository", "Where a rule is broken most.", _RULES_BY_PLACE),
    SurveyQuestion(
        "Owners", "Owners by findings.",
        _PLACES.format(place="owner", order="findings DESC, owner"), ("owner", "findings"),
    ),
    SurveyQuestion(
        "Months", "Notebooks by the month of their last change.",
        _PLACES.format(place="month", order="month DESC"), ("month", "per_notebook"),
    ),
    SurveyQuestion("Notebooks with the worst findings", "Errors first.", _WORST),
    SurveyQuestion(
        "Functions for a shared module",
        "Functions and classes that are the same in several notebooks, names and literals apart.",
        _FUNCTIONS, ("name", "notebooks"),
    ),
    SurveyQuestion(
        "Repeated steps",
        "Three statements one after the other that are the same in several notebooks.", _STEPS,
    ),
    SurveyQuestion("Copies", "Notebooks with the same cells, names and literals apart.", _COPIES),
    SurveyQuestion(
        "Near-duplicates", "Pairs of notebooks with four of five cells in common.", _NEAR
    ),
    SurveyQuestion(
        "Dependencies", "Imported distributions, with the versions that cells install.",
        _DEPENDENCIES, ("distribution", "notebooks"),
    ),
    SurveyQuestion(
        "Secrets in several notebooks",
        "A secret that is copied has to be revoked once and removed everywhere.", _SECRETS,
    ),
    SurveyQuestion("Not checked", "Causes, from the table `errors`.", _ERRORS),
)  # fmt: skip
"""The sections of a report, in order."""

_CHANGED = """
WITH now AS (SELECT code, name, count(*) AS findings FROM findings GROUP BY ALL),
     earlier AS (SELECT code, name, count(*) AS findings FROM before.findings GROUP BY ALL)
SELECT coalesce(now.code, earlier.code) AS code, coalesce(now.name, earlier.name) AS name,
       coalesce(earlier.findings, 0) AS before, coalesce(now.findings, 0) AS now,
       coalesce(now.findings, 0) - coalesce(earlier.findings, 0) AS change
FROM now FULL JOIN earlier USING (code) ORDER BY change DESC, code
"""
_NEW = """
SELECT path, code, cell, line, message FROM findings
WHERE (path, fingerprint) NOT IN (SELECT (path, fingerprint) FROM before.findings)
ORDER BY path, code, cell, line
"""
COMPARISONS: tuple[SurveyQuestion, ...] = (
    SurveyQuestion("Change by rule", "Findings before and now.", _CHANGED, ("name", "change")),
    SurveyQuestion("New findings", "Findings that the other survey does not have.", _NEW),
)
"""What is asked of two surveys; the tables of the earlier one are in the schema `before`."""


def readiness(rules: frozenset[str]) -> SurveyQuestion:
    """How many notebooks stand how with each item of `nbprod score` that these rules decide."""
    items = [item for item in ITEMS if item.rules and rules.issuperset(item.rules)]
    values = ",\n        ".join(
        f"('{item.id}', '{_quoted(item.title)}', '{rule}', {str(item.about_runs).lower()})"
        for item in items
        for rule in item.rules
    )
    sql = f"""
WITH items(item, title, name, about_runs) AS (
    VALUES
        {values or "('', '', '', false)"}
), checked AS (SELECT count(*) AS total FROM notebooks WHERE NOT unreadable AND skipped IS NULL),
against AS (
    SELECT item, count(DISTINCT path) AS notebooks FROM findings JOIN items USING (name)
    WHERE stops OR NOT about_runs GROUP BY item
)
SELECT DISTINCT item, title, total - coalesce(notebooks, 0) AS nothing_against,
       coalesce(notebooks, 0) AS against,
       round(100.0 * (total - coalesce(notebooks, 0)) / greatest(total, 1), 1) AS percent
FROM items LEFT JOIN against USING (item), checked WHERE item <> ''
ORDER BY percent, item
"""
    text = (
        "Items of `nbprod score` that the rules of this survey decide: "
        f"{len(items)} of {sum(bool(item.rules) for item in ITEMS)}; `--level production` runs "
        "more rules."
    )
    return SurveyQuestion("Readiness", text, sql, ("title", "percent"))


def _quoted(text: str) -> str:
    return text.replace("'", "''")
