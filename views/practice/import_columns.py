"""Which column of a file is what: one select for each field of ours, beside the first rows of the file."""

from datetime import date
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from wtforms import SelectField

from billing import staffing
from billing.errors import BillingError
from billing.staffing import Act
from choices import ImportKind, ImportState
from exchange import batches, profiles
from exchange.cells import DAY_FIRST, MONTH_FIRST
from exchange.dialect import SIGNS
from exchange.kinds import KINDS
from exchange.naming import MISSING, Said
from exchange.profiles import Profile
from exchange.reading import Sheet, read
from exchange.trying import file_of
from models import Import
from views.context import say
from views.practice.acting import only, staff, stamp
from views.practice.forms import LabelledForm, choice_field, day_field, text_field
from views.practice.imports import JOB, batch_of

bp = Blueprint("import_columns", __name__, url_prefix="/imports/<key>/columns")

SHOWN = 3  # rows of the file
COLUMN, DAY = "column-", "day-"
ORDERS = ("", MONTH_FIRST, DAY_FIRST)


class RulesForm(LabelledForm):
    """How the file is written, and the name under which all of this is kept."""

    labels = {name: f"pr.import.columns.{name}" for name in ("order", "sign", "name")}
    order = choice_field()
    sign = choice_field()
    name = text_field()


@bp.get("")
@only(Act.IMPORT)
def show(key: str) -> ResponseReturnValue:
    batch, sheet, profile = _asked(key)
    form = _form(profile, sheet)
    form.process(data=_told(batch, profile))
    return _page(batch, sheet, profile, form)


@bp.post("")
@only(Act.IMPORT)
def say_columns(key: str) -> ResponseReturnValue:
    batch, sheet, profile = _asked(key)
    form = _form(profile, sheet)
    if not form.validate():
        return _page(batch, sheet, profile, form), 422
    try:
        batches.name_columns(batch, _said(form), stamp())
    except BillingError as refusal:
        _refuse(form, refusal)
        return _page(batch, sheet, profile, form), 422
    current_app.extensions["jobs"].hurry(JOB)
    return redirect(url_for("practice.imports.show", key=batch.key), 303)


def _asked(key: str) -> tuple[Import, Sheet, Profile]:
    """The file, while it may still be read another way; `DoesNotExist` once that is over."""
    batch = batch_of(key)
    if batch.state not in (ImportState.UPLOADED, ImportState.CHECKED):
        raise Import.DoesNotExist()
    return batch, read(file_of(batch)), profiles.of(batch.profile, ImportKind(batch.kind))


def _form(profile: Profile, sheet: Sheet) -> RulesForm:
    """A form with a select for each field of this kind of file, and the days that a person may name."""
    choices = {"": say("pr.import.columns.none")} | {name: name for name in sheet.header if name}
    columns = {COLUMN + each.name: SelectField(choices=choices, default="") for each in KINDS[profile.kind].columns}
    days = {DAY + name: day_field() for name in profiles.asked(profile)}
    labels = {name: _key(name) for name in (*columns, *days)} | RulesForm.labels
    form: RulesForm = type("ColumnsForm", (RulesForm,), {**columns, **days, "labels": labels})()
    for name in days:
        form[name].label.text = say("pr.import.columns.day", field=form[name].label.text)
    form.order.choices = [(word, say(f"pr.import.columns.order.{word}")) for word in ORDERS]
    form.sign.choices = [(word, say(f"pr.import.columns.sign.{word}")) for word in SIGNS]
    if profile.name in profiles.PROFILES:
        del form.name
    return form


def _key(name: str) -> str:
    return f"pr.import.field.{name.partition('-')[2]}"


def _told(batch: Import, profile: Profile) -> dict[str, Any]:
    """What was said or guessed until now."""
    options = batch.options
    days = {DAY + name: date.fromisoformat(day) for name, day in options.get("fixed", {}).items()}
    ways = {"order": options.get("order", ""), "sign": options.get("sign", ""), "name": profile.title}
    return {COLUMN + name: header for name, header in batch.columns.items()} | days | ways


def _said(form: RulesForm) -> Said:
    filled = {field.name: field.data for field in form if field.data}
    columns = {name.removeprefix(COLUMN): header for name, header in filled.items() if name.startswith(COLUMN)}
    days = {name.removeprefix(DAY): day for name, day in filled.items() if name.startswith(DAY)}
    return Said(columns, form.order.data, form.sign.data, days, filled.get("name", ""))


def _refuse(form: RulesForm, refusal: BillingError) -> None:
    """A missing column is said in this page's words, at the field that asks for it."""
    names = [COLUMN + name for name in refusal.values.get("name", "").split(" / ")]
    if refusal.key == MISSING and all(name in form for name in names):
        fields = ", ".join(form[name].label.text for name in names)
        several = say("pr.import.columns.missing", fields=fields)
        form[names[0]].errors = [several if len(names) > 1 else say("pr.import.columns.missing.one")]
    else:
        form.refuse(refusal)


def _page(batch: Import, sheet: Sheet, profile: Profile, form: RulesForm) -> str:
    kind = KINDS[profile.kind]
    needed = {each.name for each in kind.columns if each.required}
    first = [COLUMN + each.name for each in kind.columns if each.name in needed.union(*kind.rows.EITHER)]
    facts = {"batch": batch, "form": form, "first": first, "days": [DAY + name for name in profiles.asked(profile)]}
    # The file may hold what not everybody here may see of a client; who sent it knows it.
    mine = batch.by_id == staff().id or staffing.may(staff(), Act.SEE_ON_FILE)
    shown = [record.cells for record in sheet.records[:SHOWN]] if mine else []
    more = [COLUMN + each.name for each in kind.columns if COLUMN + each.name not in first]
    untried = profile.name in profiles.PROFILES
    return render_template(
        "practice/import_columns.html", **facts, header=sheet.header, shown=shown, untried=untried, more=more,
        either=[[form[COLUMN + name].label.text for name in group] for group in kind.rows.EITHER],
        opened=any(form[name].data for name in more),
    )  # fmt: skip
