"""An XML document as text; its texts are cleaned by `escape_xml`, marks are the library's."""

from __future__ import annotations

from xml.etree.ElementTree import Element, indent, tostring

from nbprod.report.escaping import mute_markup

__all__ = ["document"]


def document(root: Element) -> str:
    """A document as text, indented, with its declaration."""
    indent(root)
    body = tostring(root, encoding="unicode")
    body = mute_markup(body)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{body}\n'
