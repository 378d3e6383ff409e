"""POST /document_uploads: files for evidence. What is in a file is looked at here and never stored."""

from datetime import timedelta
from io import BytesIO
from typing import Any

from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

from sandbox import clock
from sandbox.call import Answer, Call, created, fresh_id
from sandbox.errors import Problems

KIND = "evidence_document"
# How files begin that a bank reads.
BEGINNINGS = {b"%PDF-": "application/pdf", b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
LIFE = timedelta(days=30)


def read(content_type: str, body: bytes) -> dict[str, Any]:
    """The form as plain facts: kind, name, size, and the type its first bytes tell. Raises ValueError."""
    mimetype, options = parse_options_header(content_type)
    if mimetype != "multipart/form-data":
        raise ValueError("not a form with a file")
    _, form, files = FormDataParser().parse(BytesIO(body), mimetype, len(body), options)
    file = files.get("file")
    content = file.read() if file else b""
    if file:
        file.close()
    type = next((type for start, type in BEGINNINGS.items() if content.startswith(start)), "")
    facts = {"name": file.filename if file else None, "size": len(content), "type": type}
    return {"document_upload": facts | {"kind": form.get("document_upload[kind]", "")}}


def upload(call: Call) -> Answer:
    given, id = call.part("document_upload"), fresh_id(16)
    _check(given)
    row = {**given, "id": id, "expires_at": clock.text(call.now + LIFE)}
    call.put("document", id, row)
    facts = {"id": id, "kind": row["kind"], "name": row["name"], "content_type": row["type"], "size": row["size"]}
    return created("document_upload", facts | {"expires_at": clock.read(row["expires_at"])})


def _check(given: dict[str, Any]) -> None:
    problems = Problems("document_upload", {"kind": given["kind"]})
    if given["kind"] != KIND:
        problems.add("84901", "kind")
    if not given["size"]:
        problems.add("84906", "file")
    elif not given["type"]:
        problems.add("84903", "file")
    problems.stop()
