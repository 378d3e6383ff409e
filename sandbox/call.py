"""One request as the handlers see it, and the answer they give."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox import merchants, xmlwire
from sandbox.store import Doc, Store
from sandbox.xmlwire import Rows

ALPHABET = "23456789bcdfghjkmnpqrstvwxyz"


def fresh_id(length: int = 8) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


class NotFound(Exception):
    """No such thing for this merchant: 404 without a body."""


class Unauthorized(Exception):
    """Wrong keys or merchant: 401 without a body."""


@dataclass(frozen=True)
class Answer:
    """What goes back. `drop` closes the connection instead, after everything is committed."""

    status: int = 200
    body: bytes = b""
    type: str = "application/xml; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    drop: bool = False


@dataclass
class Call:
    """A request by a merchant, inside one store transaction."""

    store: Store
    merchant: str
    now: datetime
    base_url: str = ""
    path: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    args: dict[str, str] = field(default_factory=dict)
    query: dict[str, str] = field(default_factory=dict)
    browser: bool = False  # sent by a web page
    order_id: str = ""  # for the log
    lag: float = 0.0  # seconds a new row stays out of searches

    @property
    def rules(self) -> dict[str, Any]:
        return merchants.rules(self.store, self.merchant)

    def part(self, name: str) -> dict[str, Any]:
        """A nested part of the request; empty when absent or not nested."""
        value = self.params.get(name)
        return value if isinstance(value, dict) else {}

    def get(self, kind: str, id: str) -> Doc | None:
        return self.store.get(kind, self.merchant, id)

    def need(self, kind: str, id: str) -> Doc:
        """Raises NotFound."""
        if (doc := self.get(kind, id)) is None:
            raise NotFound(id)
        return doc

    def put(self, kind: str, id: str, doc: Doc, link: str = "") -> Doc:
        return self.store.put(kind, self.merchant, id, doc, link)

    def some(self, kind: str, ids: list[str]) -> list[Doc]:
        return self.store.some(kind, self.merchant, ids)

    def all(self, kind: str, link: str | None = None) -> list[Doc]:
        return self.store.all(kind, self.merchant, link)


def found(root: str, content: Any, status: int = 200) -> Answer:
    return Answer(status, xmlwire.write(root, content))


def created(root: str, content: Any) -> Answer:
    return found(root, content, 201)


def unsearchable(why: str) -> Answer:
    """A search that cannot be read is refused without an error number."""
    return refused({"errors": {"errors": Rows("error")}, "message": f"The search was refused: {why}."})


def refused(content: dict[str, Any]) -> Answer:
    return found("api_error_response", content, 422)
