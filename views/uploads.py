"""Files that people send: larger than any other form, within their limit, and held in memory until they are sealed."""

from io import BytesIO
from typing import IO, Any

from flask import Flask, Request, request
from flask_login import current_user

from billing import staffing
from billing.staffing import Act
from exchange.reading import MOST_BYTES

ROUTES = {
    "practice.imports.create": Act.IMPORT,
    "practice.deposit_files.take_report": Act.MATCH_DEPOSITS,
    "practice.deposit_files.take_bank": Act.MATCH_DEPOSITS,
}
ROUND_IT = 100_000  # bytes of the form around the file


class InMemory(Request):
    """Werkzeug would put what is longer than half a megabyte into a temporary file."""

    def _get_file_stream(
        self, total_content_length: int | None, content_type: str | None, filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:  # fmt: skip
        return BytesIO()


def init_app(app: Flask) -> None:
    """Must come before whatever reads forms."""
    app.request_class = InMemory
    app.before_request(_allow)


def _allow() -> None:
    """Who may bring files in may send a long one there, and nobody else anywhere."""
    act = ROUTES.get(request.endpoint or "")
    if act and request.method == "POST" and _may(act):
        request.max_content_length = MOST_BYTES + ROUND_IT


def _may(act: Act) -> Any:
    staff = current_user.staff if current_user.is_authenticated else None
    return staff is not None and staffing.may(staff, act)
