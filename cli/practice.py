"""A new practice with its owner, and a way back in for someone who has lost theirs."""

from typing import Any

import click
from flask.cli import with_appcontext

from billing import formats
from billing.audit import note
from billing.errors import BillingError
from billing.formats import FieldRefused, Rule, line, needed
from choices import StaffRole
from cli import context
from config import data_key_problems
from identity import notices, second_step, signins
from identity.whose import Person, name
from migrations import migrate
from models import Practice, Staff, User, db
from words import say


class Kept(click.ParamType):
    """Text as a rule of the practice's pages keeps it; asked again where it refuses."""

    name = "text"

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return self.rule(value)
        except FieldRefused as refused:
            self.fail(say(refused.key, "en", **refused.values), param, ctx)


@click.command("new-practice", cls=context.Refusing)
@click.option("--name", prompt="Name of the practice", type=Kept(needed(line(80))))
@click.option("--short-name", prompt="Neutral short name, the only one in emails", type=Kept(needed(line(40))))
@click.option("--phone", prompt="Phone, as clients should read it", type=Kept(needed(formats.phone)))
@click.option("--time-zone", prompt=True, default="America/Chicago", type=Kept(formats.time_zone))
@click.option("--owner", prompt="Your name", type=Kept(needed(line(120))))
@click.option("--email", prompt="Your email, to sign in with", type=Kept(needed(formats.email)))
@click.password_option(help="At least 12 characters.")
@with_appcontext
def new_practice(name: str, short_name: str, phone: str, time_zone: str, owner: str, email: str, password: str) -> None:
    """Begin an empty database with a practice and its owner."""
    _own_keys()
    migrate()
    if Practice.get_or_none():
        raise click.ClickException("This database has a practice already. Use another DATABASE.")
    if formats.telling(short_name):
        click.echo("Note: whoever sees an email learns from this short name what kind of care it is.")
    with db.atomic():
        Practice.create(id=1, name=name, short_name=short_name, phone=phone, time_zone=time_zone)
        person = Staff.create(name=owner, email=email.lower(), role=StaffRole.OWNER)
        _set_password(person, password, name)
        note("system", "log.begun", "practice:1", context.now())
    click.echo(f"Done. Sign in at {context.settings().public_url}/practice/sign-in as {person.email}.")


def _own_keys() -> None:
    """Raises ClickException where what the practice writes would open with the demo's key, which everyone has."""
    settings = context.settings()
    problems = list(data_key_problems(settings)) if settings.mode != "test" else []
    if problems:
        raise click.ClickException(" ".join(problems))


@click.command("set-password")
@click.argument("email")
@click.option("--staff", is_flag=True, help="The address of a member of staff, not of a client's login.")
@click.password_option(help="At least 12 characters.")
@with_appcontext
def set_password(email: str, staff: bool, password: str) -> None:
    """Give someone a new password, open a locked sign-in, and end their sessions."""
    person, now = _person(email, staff=staff), context.now()
    with db.atomic("IMMEDIATE"):
        _set_password(person, password, Practice.the().name)
        notices.tell(person, now)
        note("system", "password.changed", name(person), now)
    click.echo(f"{person.email} has a new password.")


@click.command("reset-second-step")
@click.argument("email")
@with_appcontext
def reset_second_step(email: str) -> None:
    """For a member of staff who lost phone, passkeys and codes: the next sign-in sets up a second step anew."""
    person, now = _person(email, staff=True), context.now()
    with db.atomic("IMMEDIATE"):
        second_step.forget(person, now)
        notices.tell(person, now)
        note("system", "second_step.reset", name(person), now)
    click.echo(f"{person.email} signs in with the password and sets up a new second step.")


def _person(email: str, *, staff: bool) -> Person:
    """Raises ClickException when nobody has this address."""
    kind = Staff if staff else User
    person: Person | None = kind.get_or_none(kind.email == email.strip().lower())
    if person is None:
        raise click.ClickException(f"Nobody signs in as {email}{'' if staff else '; for staff add --staff'}.")
    return person


def _set_password(person: Person, password: str, practice_name: str) -> None:
    try:
        signins.set_password(person, password, context.now(), practice_name=practice_name)
    except BillingError as refusal:
        raise click.ClickException(say(refusal.key, "en", **refusal.values)) from None
