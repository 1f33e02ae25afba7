"""Other names for the variables of a function, on the trees that carry comments and layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import libcst as cst

from nbprod.extract.code.trees import Statement

__all__ = ["renamed_statements"]


def renamed_statements(
    statements: Sequence[Statement], names: Mapping[str, str]
) -> list[Statement]:
    """Statements with other names for some variables; attributes and keywords keep theirs.

    Args:
        statements: the body of a function, or a part of it.
        names: the new names by the old ones.
    """
    if not names:
        return list(statements)
    made = [statement.visit(_Renamer(names)) for statement in statements]
    return [statement for statement in made if isinstance(statement, Statement)]


class _Renamer(cst.CSTTransformer):
    """Renames variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        super().__init__()
        self.names = names

    def leave_Name(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.Name, updated_node: cst.Name
    ) -> cst.Name:
        """Rename one variable."""
        new = self.names.get(original_node.value)
        return updated_node if new is None else updated_node.with_changes(value=new)

    def leave_Attribute(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.Attribute:
        """Keep the name of an attribute."""
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(  # noqa: N802 - the name is that of libcst
        self, original_node: cst.Arg, updated_node: cst.Arg
    ) -> cst.Arg:
        """Keep the keyword of an argument."""
        return updated_node.with_changes(keyword=original_node.keyword)
