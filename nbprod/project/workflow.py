"""The workflow of GitHub that `nbprod init` writes, with least permissions. Pure."""

from __future__ import annotations

import json
from typing import NamedTuple

__all__ = ["Wanted", "render_workflow"]

_HEAD = """\
name: notebooks
on:
  pull_request:
  push:
    branches: [{branch}]
# Each job has this and no more, but for what it says itself.
permissions:
  contents: read
jobs:
"""
_SETUP = """\
    steps:
      - uses: actions/checkout@v4
        with:
          # The history that is compared with.
          fetch-depth: 0
          persist-credentials: false
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install nbprod
"""
_KNOWN = "        run: python -m pip install {source}\n"
_UNKNOWN = """\
        env:
          # Set this variable of the repository to what pip installs nbprod from,
          # such as git+https://HOST/OWNER/nbprod@COMMIT
          NBPROD_SOURCE: ${{ vars.NBPROD_SOURCE }}
        run: python -m pip install "${NBPROD_SOURCE:?set this variable of the repository}"
"""
_CHECK = """\
      - name: Check
        env:
          BASE: ${{ github.base_ref }}
        run: |
          if [ -n "$BASE" ]; then set -- --new-since "origin/$BASE"; fi
          nbprod check --no-progress --output github --output github-summary "$@"
"""
_SARIF = """\
      - name: Check
        run: nbprod check --no-progress --exit-zero --output sarif:nbprod.sarif
      - uses: github/codeql-action/upload-sarif@v3
        with:
          sarif_file: nbprod.sarif
"""
_REPORT = """\
      - name: Report
        env:
          BASE: ${{ github.base_ref }}
        run: >-
          nbprod report --base "origin/$BASE"
          --html nbprod-report.html --markdown nbprod-comment.md
      - uses: actions/upload-artifact@v4
        with:
          name: nbprod-report
          path: |
            nbprod-report.html
            nbprod-comment.md
"""
_COMMENT = """\
  comment:
    # Reads no notebook, since it may write: the report comes from a job that may not. The token of
    # a pull request from a fork may not write either.
    if: github.event.pull_request.head.repo.full_name == github.repository
    needs: report
    runs-on: ubuntu-latest
    permissions:
      pull-requests: write
    steps:
      - uses: actions/setup-python@v5
        with:
          python-version: "3.12"
      - name: Install nbprod
{install}      - uses: actions/download-artifact@v4
        with:
          name: nbprod-report
      - name: Comment
        env:
          GITHUB_TOKEN: ${{{{ github.token }}}}
        run: nbprod comment --github --body nbprod-comment.md
"""


class Wanted(NamedTuple):
    """What the workflow does besides the check; ``source`` is what pip installs nbprod from."""

    branch: str = "main"
    source: str | None = None
    sarif: bool = False
    artifact: bool = False
    comment: bool = False


def render_workflow(wanted: Wanted) -> str:
    """The workflow as YAML."""
    known = wanted.source is not None
    install = _KNOWN.format(source=_quoted(wanted.source or "")) if known else _UNKNOWN
    setup = f"    runs-on: ubuntu-latest\n{{more}}{_SETUP}{install}"
    plain = f"    runs-on: ubuntu-latest\n{_SETUP}{install}"
    parts = [_HEAD.format(branch=json.dumps(wanted.branch)), f"  nbprod:\n{plain}{_CHECK}"]
    if wanted.sarif:
        more = "    permissions:\n      contents: read\n      security-events: write\n"
        parts.append("  sarif:\n" + setup.replace("{more}", more) + _SARIF)
    if wanted.artifact or wanted.comment:
        only = "    if: github.event_name == 'pull_request'\n"
        parts.append(f"  report:\n{only}{plain}{_REPORT}")
    if wanted.comment:
        parts.append(_COMMENT.format(install=install))
    return "".join(parts)


def _quoted(text: str) -> str:
    """A word of the shell in a line of YAML."""
    return "'" + text.replace("'", "'\\''") + "'"
