"""A client's own data in one file, and the request to have the login erased."""

import logging
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

import documents
from billing import own_data, papers, sheets
from billing.access import reader
from billing.audit import note
from billing.own_data import Table
from billing.tasks import raise_task
from documents.archive import archive
from documents.pdf import PdfFailed
from models import Document, User
from views import limits
from views.context import language, now, practice, say, today
from views.portal.bill import account_names
from views.responses import go
from views.stepping_up import required

bp = Blueprint("own_data", __name__, url_prefix="/account")
log = logging.getLogger(__name__)


@bp.get("/download")
def show() -> ResponseReturnValue:
    return render_template("portal/own_data.html")


@bp.post("/download")
@required
@limits.of_own_data
def download() -> ResponseReturnValue:
    user: User = current_user.user
    accounts = " ".join(f"account:{account.id}" for account in reader(user).accounts)
    note(current_user.by, "data.export", accounts, now())
    here = now().astimezone(ZoneInfo(practice().time_zone))
    response = Response(archive(_files(user), here), mimetype="application/zip")
    response.headers.set("Content-Disposition", "attachment", filename=f"{say('own.file')}-{today()}.zip")
    return response


@bp.post("/erase")
@required
def ask_to_erase() -> ResponseReturnValue:
    """A person decides: what is still owed, and who else the login pays for, is no matter for a button."""
    user = current_user.user
    raise_task("task.erase", now(), detail=f"user:{user.id}")
    note(current_user.by, "data.ask", "", now())
    flash(say("own.erase.asked", phone=practice().phone), "good")
    return go(url_for("portal.account.show"))


def _files(user: User) -> Iterator[tuple[str, bytes]]:
    """Tables, then papers; which could not be made is known only at the end."""
    tables = own_data.tables(user, language())
    for table in tables:
        yield f"{table.name}.csv", "".join(sheets.sheet(table.header, table.rows)).encode()
    missing: list[Document] = []
    for id in [row.id for row in papers.readable_by(user).select(Document.id)]:
        document = Document.get_by_id(id)
        try:
            made = documents.as_pdf(document, labels=papers.may_see_labels(user, document))
        except PdfFailed:
            missing.append(document)
            continue
        yield f"papers/{documents.file_name(document)}", made
    yield "summary.html", _summary(user, tables, missing).encode()


def _summary(user: User, tables: list[Table], missing: list[Document]) -> str:
    names = account_names(reader(user))
    return render_template("portal/own_data_summary.html", user=user, tables=tables, missing=missing, names=names)
