"""Bringing files in: tried first, taken in as a whole, undone as a whole."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.file import FileField
from wtforms import SelectField

from billing import audit, staffing, whom
from billing.errors import BillingError
from billing.staffing import Act
from choices import ImportKind, ImportState
from exchange import batches, profiles, rejects, results, samples, undoing
from exchange.batches import NotNow
from exchange.kinds import EVENLY, KINDS
from exchange.profiles import OTHER, PROFILES
from exchange.trying import UNDOING, has_file, without_files
from exchange.writing import writes
from models import Import
from views import seen
from views.context import language, now, say
from views.forms import whole
from views.practice.acting import only, staff, stamp
from views.practice.client_forms import ON_FILE
from views.practice.forms import LabelledForm
from views.practice.import_forms import WhoseForm, whose
from views.practice.import_words import spoken
from views.responses import page_or_fragment
from views.stepping_up import required

bp = Blueprint("imports", __name__, url_prefix="/imports")

PER_PAGE = 20
JOB = "take in files"


class UploadForm(LabelledForm):
    """A file and what its rows are."""

    labels = {"file": "pr.import.file", "kind": "pr.import.kind", "profile": "pr.import.profile"}
    kind = SelectField()
    profile = SelectField(default=EVENLY)
    file = FileField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind.choices = [(str(kind), say(f"pr.import.kind.{kind}")) for kind in KINDS]
        self.profile.choices = _profiles()


@bp.get("/")
@only(Act.SEE_IMPORTS)
def index() -> ResponseReturnValue:
    return _index(UploadForm(formdata=None))


@bp.post("/")
@only(Act.IMPORT)
def create() -> ResponseReturnValue:
    form = UploadForm()
    if not form.validate() or not form.file.data:
        form.file.errors = form.file.errors or [say("pr.import.err.nofile")]
        return _index(form), 422
    sent = form.file.data
    try:
        batch = batches.upload(
            sent.stream, sent.filename, ImportKind(form.kind.data), staff(), now(), form.profile.data
        )
    except BillingError as refusal:
        form.refuse(refusal)
        return _index(form), 422
    return _on(batch)


@bp.get("/templates/<any(fees, clients, accounts, charges, adjustments, pay_link, compare):kind>.csv")
@only(Act.SEE_IMPORTS)
def template(kind: str) -> ResponseReturnValue:
    return _file(samples.template(KINDS[ImportKind(kind)]), f"{kind}.csv")


@bp.get("/<key>")
@only(Act.SEE_IMPORTS)
def show(key: str) -> ResponseReturnValue:
    return _show(batch_of(key))


@bp.post("/<key>/try")
@only(Act.IMPORT)
def choose(key: str) -> ResponseReturnValue:
    batch = batch_of(key)
    batches.choose(batch, request.form.get("order", ""), request.form.getlist("again", type=whole), now())
    return _on(batch)


@bp.post("/<key>/accounts")
@only(Act.IMPORT)
def pick(key: str) -> ResponseReturnValue:
    """Whose payments are that name no account we know."""
    batch = batch_of(key)
    form = whose((batch.result or {}).get("whose", []))
    picked = form.picked() if form else {}
    if form and form.errors:
        return _show(batch, form=form), 422
    batches.pick(batch, picked, now())
    return _on(batch)


@bp.post("/<key>/take-in")
@only(Act.IMPORT)
@required
def take_in(key: str) -> ResponseReturnValue:
    told = request.form.get("digest", ""), "skip" in request.form
    return _done(batch_of(key), lambda batch: batches.take_in(batch, *told, stamp()))


@bp.post("/<key>/undo")
@only(Act.IMPORT)
@required
def undo(key: str) -> ResponseReturnValue:
    return _done(batch_of(key), lambda batch: batches.undo(batch, stamp()))


@bp.get("/<key>/rejected.csv")
@only(Act.IMPORT)
@required
def rejected(key: str) -> ResponseReturnValue:
    """The rows that were rejected, with why."""
    batch = batch_of(key)
    audit.note(stamp().by, "import.rejected", f"import:{batch.id}", now())
    return _file(rejects.rejected(batch, now(), language()), f"rejected-{batch.kind}.csv")


def _profiles() -> dict[str, str | dict[str, str]]:
    """How a file's columns may be called: as ours, as somebody said, or as a known system does."""
    ours = {name: say(f"pr.import.profile.{name}") for name in (EVENLY, OTHER)}
    kept = {each.key: each.name for each in profiles.kept()}
    known = {each.name: each.title for each in PROFILES.values()}
    named = {say("pr.import.profile.kept"): kept} if kept else {}
    return {**ours, **named, say("pr.import.profile.known"): known}


def batch_of(key: str) -> Import:
    """A file of this screen; `DoesNotExist` for any other."""
    here = Import.kind.in_(list(KINDS))  # those of the processor and the bank belong to Deposits
    found: Import = without_files().where((Import.key == key) & here).get()
    return found


def _title(source: str, batch: Import) -> str:
    """What people here call a source."""
    return profiles.of(source, ImportKind(batch.kind)).title or say("pr.import.profile.evenly")


def _index(form: UploadForm) -> str:
    page = max(request.args.get("page", 1, type=whole), 1)
    found = batches.listed(KINDS, now())
    facts = {"rows": found.paginate(page, PER_PAGE), "page": page, "last": -(-found.count() // PER_PAGE)}
    return render_template("practice/imports.html", form=form, kinds=KINDS, days=batches.LISTED.days, **facts)


def _show(batch: Import, refused: str = "", form: WhoseForm | None = None) -> Response:
    result = batch.result or {}
    if not staffing.may(staff(), Act.SEE_ON_FILE):
        result = results.without(result, (*ON_FILE, "dx"))
    seen.amounts(*[id for id, *_ in result.get("accounts", ())], once=True)
    running = batch.state == ImportState.RUNNING or (batch.state == ImportState.UPLOADED and not result)
    kept = has_file(batch)
    asked = kept and batch.state == ImportState.CHECKED and staffing.may(staff(), Act.IMPORT)
    form = form or (whose(result.get("whose", [])) if asked else None)
    people = whom.offered(staff()) if form else []
    seen.people(*(each.account for each in people))
    facts = {
        "form": form, "people": people, "changes": spoken(ImportKind(batch.kind), result.get("changes", [])),
        "batch": batch, "result": result, "running": running, "undoing": batch.options.get(UNDOING),
        "refusals": results.problems(result), "total": writes(result["counts"]) if "counts" in result else 0,
        "elsewhere": [(_title(source, batch), n) for source, n in result.get("elsewhere", {}).items()],
        "file_kept": kept, "untried": batch.profile in PROFILES,
        "problems": [("", refused)] if refused else [],
        "reasons": undoing.reasons(batch) if refused and batch.state == ImportState.DONE else [],
    }  # fmt: skip
    return page_or_fragment("practice/import.html", "practice/_import.html", **facts)


def _done(batch: Import, act: Callable[[Import], None]) -> ResponseReturnValue:
    """Act on the file; what stands in the way is told on its page."""
    try:
        act(batch)
    except NotNow as refusal:
        return _show(batch, say(refusal.key, **refusal.values)), 422
    return _on(batch)


def _on(batch: Import) -> ResponseReturnValue:
    """To the page of the file; what is left to the job begins at once."""
    current_app.extensions["jobs"].hurry(JOB)
    return redirect(url_for(".show", key=batch.key), 303)


def _file(pieces: Any, name: str) -> Response:
    response = Response("".join(pieces), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
