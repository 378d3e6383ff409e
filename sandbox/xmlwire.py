"""The XML of the wire: reading requests, writing answers.

Reading refuses document types and entities, so a request cannot make the parser open or
grow anything. Writing marks types the way the processor's own answers do.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

HEADER = '<?xml version="1.0" encoding="UTF-8"?>\n'
DEEPEST = 20
UNWRITABLE = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Unreadable(Exception):
    """The body is not XML we are willing to read."""


@dataclass(frozen=True)
class Rows:
    """An array element: each of `items` is written as `<tag>`."""

    tag: str
    items: Sequence[Any] = ()


@dataclass(frozen=True)
class Repeated:
    """The same element several times in a row, without an array around it."""

    items: Sequence[Any] = ()


@dataclass
class _Node:
    tag: str
    type: str
    text: str = ""
    children: list["_Node"] = field(default_factory=list)

    def value(self) -> Any:
        if self.type == "array":
            return [child.value() for child in self.children]
        if self.children:
            return {child.tag: child.value() for child in self.children if not child.is_empty()}
        return self.text.strip() == "true" if self.type == "boolean" else self.text

    def is_empty(self) -> bool:
        return self.type != "array" and not self.children and not self.text


class _Reader:
    """Builds nodes as expat walks the text."""

    def __init__(self) -> None:
        self.root = _Node("", "")
        self.stack = [self.root]

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self.stack) > DEEPEST:
            raise Unreadable("nested too deeply")
        node = _Node(tag.replace("-", "_"), attributes.get("type", ""))
        self.stack[-1].children.append(node)
        self.stack.append(node)

    def end(self, _tag: str) -> None:
        self.stack.pop()

    def text(self, data: str) -> None:
        self.stack[-1].text += data


def _refuse(*_: object) -> None:
    raise Unreadable("document types and entities are not read")


def read(body: bytes) -> dict[str, Any]:
    """The request as nested dicts, tags with underscores, empty elements below the top left out.

    Raises Unreadable for anything but plain XML.
    """
    if not body.strip():
        return {}
    reader, parser = _Reader(), expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise Unreadable(str(error)) from None
    (top,) = reader.root.children
    return {top.tag: top.value() or {}}


def write(root: str, value: Any) -> bytes:
    """One document, tags with dashes."""
    return (HEADER + _element(root, value)).encode()


def _element(name: str, value: Any) -> str:
    if isinstance(value, Repeated):
        return "".join(_element(name, item) for item in value.items)
    tag = name.replace("_", "-")
    attributes, inner = _content(value)
    return f"<{tag}{attributes}>{inner}</{tag}>" if inner else f"<{tag}{attributes}/>"


def _content(value: Any) -> tuple[str, str]:
    match value:
        case None:
            return ' nil="true"', ""
        case bool():
            return ' type="boolean"', "true" if value else "false"
        case int():
            return ' type="integer"', str(value)
        case datetime():
            return ' type="datetime"', value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case date():
            return ' type="date"', value.isoformat()
        case Rows():
            return ' type="array"', "".join(_element(value.tag, item) for item in value.items)
        case dict():
            return "", "".join(_element(name, item) for name, item in value.items())
        case _:
            return "", escape(UNWRITABLE.sub("", str(value)))
