"""A stored paper handed out as a file, to clients and to staff, and who looked at which."""

import logging
from typing import Any

from flask import Response, make_response, request
from flask_login import current_user

import documents
from billing.audit import note
from documents.pdf import PACKAGES, PangoMissing, PdfFailed
from models import Document
from views import limits
from views.context import now, say

log = logging.getLogger(__name__)


def note_seen(what: str, document: Document, **facts: Any) -> None:
    note(current_user.by, what, f"document:{document.id}", now(), ip=request.remote_addr or "", **facts)


def download(document: Document, *, labels: bool = True) -> Response | None:
    """The PDF; None when it could not be made now."""
    try:
        made = as_limited(document, labels=labels)
    except PdfFailed as problem:
        if isinstance(problem, PangoMissing):
            log.error(say("docs.nopango", packages=PACKAGES))
        return None
    note_seen("document.pdf", document)
    response = make_response(made)
    response.mimetype = "application/pdf"
    response.headers.set("Content-Disposition", "attachment", filename=documents.file_name(document))
    return response


def as_limited(document: Document, *, labels: bool) -> bytes:
    """The PDF as this reader may see it; what is kept already may be had as often as anybody likes.

    Raises:
        flask_limiter.RateLimitExceeded: it would have to be made, and enough were made for this person this hour.
        PdfFailed: it could not be made now.
    """
    make = documents.as_pdf if labels and document.pdf is not None else _drawn
    return make(document, labels=labels)


@limits.of_pdfs
def _drawn(document: Document, *, labels: bool) -> bytes:
    return documents.as_pdf(document, labels=labels)
