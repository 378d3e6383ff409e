"""The practice's own people: a list, a form for each, and two questions before a login ends or begins again."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from wtforms import BooleanField, RadioField, SelectField

from billing.errors import BillingError
from billing.formats import FieldsRefused
from billing.staffing import Act
from choices import StaffRole
from identity import people
from models import Provider, Staff
from views.context import now, say
from views.practice.acting import address, only, show_problems, staff
from views.practice.forms import LabelledForm, text_field
from views.stepping_up import required

bp = Blueprint("staff", __name__, url_prefix="/staff")

NAMES = {"en": "English", "es": "Español"}
QUESTIONS: dict[str, tuple[Callable[..., None], str]] = {
    "remove": (people.remove, "pr.staff.over"),
    "again": (people.begin_again, "pr.staff.added"),
}


class PersonForm(LabelledForm):
    """Somebody new: who, and what they may do."""

    labels = {name: f"pr.staff.{name}" for name in ("name", "email", "role", "provider", "language", "backup")}
    name = text_field()
    email = text_field()
    role = RadioField(validate_choice=False)
    provider = SelectField(validate_choice=False)
    backup = BooleanField()
    language = SelectField(validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.role.choices = [(role.value, say(f"pr.staff.may.{role}")) for role in StaffRole]
        self.language.choices = list(NAMES.items())
        nobody = ("", say("pr.staff.nobody"))
        self.provider.choices = [nobody, *((each.key, each.name) for each in Provider.select().order_by(Provider.name))]

    def kept(self) -> dict[str, Any]:
        return {field.name: field.data or "" for field in self}


class RightsForm(PersonForm):
    """What somebody may do who is there already."""

    name = None
    email = None


@bp.get("/")
@only(Act.SEE_STAFF)
def index() -> ResponseReturnValue:
    return render_template("practice/staff.html", rows=people.listing(now()), me=staff())


@bp.route("/new", methods=["GET", "POST"])
@only(Act.CHANGE_STAFF)
@required
def new() -> ResponseReturnValue:
    form = PersonForm()
    if request.method != "POST":
        return _form(form, None)
    added = _tried(form, lambda: people.add(form.kept(), staff(), now(), address()))
    return _done("pr.staff.added") if added else _form(form, None)


@bp.route("/<key>", methods=["GET", "POST"])
@only(Act.CHANGE_STAFF)
@required
def edit(key: str) -> ResponseReturnValue:
    person = _person(key)
    if request.method != "POST":
        provider = person.provider.key if person.provider else ""
        return _form(RightsForm(formdata=None, obj=person, provider=provider), person)
    form = RightsForm()
    changed = _tried(form, lambda: people.change(person, form.kept(), staff(), now(), address()))
    if changed is None:
        return _form(form, person)
    return _done("pr.staff.saved" if changed else "pr.staff.same")


@bp.route("/<key>/<any(remove, again):question>", methods=["GET", "POST"])
@only(Act.CHANGE_STAFF)
@required
def ask(key: str, question: str) -> ResponseReturnValue:
    """Remove this person, or send a new first link, which also brings back somebody who was removed."""
    person, (do, told) = _person(key), QUESTIONS[question]
    problems = []
    if request.method == "POST":
        try:
            do(person, staff(), now(), address())
            return _done(told)
        except BillingError as refused:
            problems = [("", say(refused.key, **refused.values))]
    page = render_template("practice/staff_ask.html", person=person, question=question, problems=problems)
    return page, 422 if problems else 200


def _person(key: str) -> Staff:
    found: Staff = Staff.get(Staff.key == key)
    return found


def _tried(form: PersonForm, do: Callable[[], Any]) -> Any:
    """What `do` returns, or None with the refusals in the form."""
    try:
        return do()
    except FieldsRefused as refused:
        show_problems(form, refused)
    except BillingError as refused:
        form.refuse(refused)
    return None


def _done(told: str) -> ResponseReturnValue:
    """What is said waits in the cookie, which anybody at this browser may read: no names."""
    flash(say(told), "good")
    return redirect(url_for(".index"), 303)


def _form(form: PersonForm, person: Staff | None) -> ResponseReturnValue:
    page = render_template("practice/staff_form.html", form=form, person=person, me=staff())
    return page, 422 if form.errors else 200
