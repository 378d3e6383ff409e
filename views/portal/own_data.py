"""A client's own data in one file, and the request to have the login erased."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.errors import RateLimitExceeded
from flask_login import current_user

import documents
from billing import own_data, papers, sheets
from billing.access import Reader, reader
from billing.audit import note
from billing.own_data import Table
from billing.tasks import raise_task
from choices import Right
from documents.archive import archive
from documents.pdf import PdfFailed
from identity import erasing
from models import Document, User
from views import limits
from views.context import language, now, practice, say, today
from views.paper_files import as_limited
from views.portal.bill import account_names
from views.responses import go
from views.stepping_up import required

bp = Blueprint("own_data", __name__, url_prefix="/account")


@dataclass
class Papers:
    """What became of each paper: in the file, not to be made now, or one more than is made for anybody in an hour."""

    made: list[Document] = field(default_factory=list)
    failed: list[Document] = field(default_factory=list)
    left_out: list[Document] = field(default_factory=list)


@bp.get("/download")
def show() -> ResponseReturnValue:
    return render_template("portal/own_data.html")


@bp.post("/download")
@required
@limits.of_own_data
def download() -> ResponseReturnValue:
    user, given = current_user.user, Papers()
    here = now().astimezone(ZoneInfo(practice().time_zone))
    made = archive(_files(user, given), here)
    note(current_user.by, "data.export", _subject(reader(user), given), now())
    response = Response(made, mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"{say('own.file')}-{today()}.zip")
    return response


@bp.post("/erase")
@required
def ask_to_erase() -> ResponseReturnValue:
    """A person decides: what is still owed, and who else the login pays for, is no matter for a button."""
    user = current_user.user
    raise_task(erasing.ASKED, now(), detail=f"user:{user.id}")
    note(current_user.by, "data.ask", "", now())
    flash(say("own.erase.asked", phone=practice().phone), "good")
    return go(url_for("portal.account.show"))


def _files(user: User, given: Papers) -> Iterator[tuple[str, bytes]]:
    """Tables, then papers; which are not in it is known only at the end."""
    tables = own_data.tables(user, language())
    for table in tables:
        yield f"{table.name}.csv", "".join(sheets.sheet(table.header, table.rows)).encode()
    for document, made in _drawn(user, given):
        yield f"papers/{documents.file_name(document)}", made
    yield "summary.html", _summary(user, tables, given).encode()


def _drawn(user: User, given: Papers) -> Iterator[tuple[Document, bytes]]:
    """Each paper that is kept or may still be made for this reader, one in memory at a time; newest first."""
    facts = (Document.id, Document.account, Document.type, Document.year, Document.serial)
    for document in list(papers.readable_by(user).select(*facts)):
        try:
            labels = papers.may_see_labels(user, document)
            made = as_limited(Document.get_by_id(document.id), labels=labels)
        except RateLimitExceeded:
            given.left_out.append(document)
        except PdfFailed:
            given.failed.append(document)
        else:
            given.made.append(document)
            yield document, made


def _subject(who: Reader, given: Papers) -> str:
    """Every account that anything in the file is of, also where the link has ended, and every paper in it."""
    live = {account.id for right in (Right.BALANCE, Right.BILLS) for account in who.allowed(right)}
    accounts = sorted(live | {document.account_id for document in given.made})
    ids = sorted(document.id for document in given.made)
    return " ".join([*(f"account:{id}" for id in accounts), *(f"document:{id}" for id in ids)])


def _summary(user: User, tables: list[Table], given: Papers) -> str:
    return render_template(
        "portal/own_data_summary.html", user=user, tables=tables, given=given, names=account_names(reader(user)),
        hourly=limits.PDFS,
    )  # fmt: skip
