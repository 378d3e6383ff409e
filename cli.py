"""What can be asked for by name: `flask --app app COMMAND`. Each prints sentences; exit code 1 means a problem."""

import socket
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import click
import waitress
from flask import Flask, current_app
from flask.cli import with_appcontext

import logs
import sandbox
from billing import reconciling
from billing.discrepancies import discrepancies
from billing.errors import BillingError
from choices import StaffRole
from config import Settings
from demo import load as demo_practice
from demo import vault as demo_vault
from gateways import registry
from identity import passwords, signins
from migrations import migrate
from models import AuditEntry, Practice, Staff, User, db
from words import local_day, say

DEMO_PASSWORD = "harbor-fern-demo"  # noqa: S105, printed for everyone to read
DEMO_ZONE = "America/Chicago"
ALARMING = ("therap", "counsel", "psych", "mental")
DEFAULT_URL = Settings().public_url


def init_app(app: Flask) -> None:
    for command in (
        demo,
        reset,
        migrate_command,
        check_books,
        reconcile,
        sandbox_command,
        run_jobs,
        new_practice,
        set_password,
    ):
        app.cli.add_command(command)


@click.command()
@click.option("--port", type=int, help="Where to listen; a free port is taken when this one is not.")
@with_appcontext
def demo(port: int | None) -> None:
    """Start the portal with a made-up practice, and the sandbox that stands in for the card processor."""
    settings = _demo_settings()
    logs.configure(settings.log_level)
    migrate()
    processor = sandbox.start(settings.sandbox_database)
    settings = _listen(replace(settings, gateway_port=processor.port), port or settings.port)
    if Practice.get_or_none() is None:
        _fill(processor, settings)
    current_app.extensions.update(settings=settings, gateway=registry.build(settings))
    current_app.extensions["jobs"].start()
    server = waitress.create_server(
        _app(), host=settings.host, port=settings.port, threads=settings.threads, ident=None
    )
    processor.control("webhooks", {"url": f"http://127.0.0.1:{settings.port}/webhooks/braintree", "kind": "check"})
    _print_logins(settings)
    click.echo(f"The sandbox in the card processor's place is at {processor.url}; README.md says how to move it.\n")
    server.run()


@click.command()
@with_appcontext
def reset() -> None:
    """Delete the demo's data, load it afresh and print the logins."""
    settings = _demo_settings()
    db.close()  # a connection would keep the deleted file
    for file in (settings.database, settings.sandbox_database):
        for part in ("", "-wal", "-shm"):
            Path(f"{file}{part}").unlink(missing_ok=True)
    migrate()
    processor = sandbox.start(settings.sandbox_database)
    _fill(processor, settings)
    processor.stop()
    _print_logins(settings)


@click.command("migrate")
@with_appcontext
def migrate_command() -> None:
    """Bring the database up to date."""
    _settings().database.parent.mkdir(parents=True, exist_ok=True)
    applied = migrate()
    click.echo(f"Applied: {', '.join(applied)}." if applied else "The database is up to date.")


@click.command("check-books")
@with_appcontext
def check_books() -> None:
    """Say whether the books balance, and what does not."""
    found = discrepancies()
    for sentence in found:
        click.echo(sentence)
    if found:
        sys.exit(1)
    click.echo("The books balance.")


@click.command()
@with_appcontext
def reconcile() -> None:
    """Ask the processor about everything that is due, and say where the books and the processor differ."""
    found = reconciling.reconcile(current_app.extensions["gateway"], _now(), _settings().unknown_close_after)
    for what, count in found.done.items():
        click.echo(f"{count:6}  {what}")
    for sentence in filter(None, [found.aside, *found.wrong]):
        click.echo(sentence)
    if found.wrong:
        sys.exit(1)
    click.echo("The books and the processor agree.")


@click.command("sandbox")
@with_appcontext
def sandbox_command() -> None:
    """Run the stand-in card processor by itself, on GATEWAY_PORT."""
    settings = _settings()
    try:
        processor = sandbox.start(settings.sandbox_database, settings.gateway_port)
    except (OSError, ValueError) as error:
        raise click.ClickException(sandbox.refused(settings.gateway_port, error)) from None
    click.echo(processor.introduction())
    processor.wait()


@click.command("jobs")
@with_appcontext
def run_jobs() -> None:
    """Run every background job once: deliver mail, ask about unknown payments, check the books."""
    done = current_app.extensions["jobs"].run_due()
    for name, count in done.items():
        click.echo(f"{name}: {'failed; see the log' if count is None else count}")
    if None in done.values():
        sys.exit(1)


@click.command("new-practice")
@click.option("--name", prompt="Name of the practice")
@click.option("--short-name", prompt="Neutral short name, the only one in emails")
@click.option("--phone", prompt="Phone, as clients should read it")
@click.option("--time-zone", prompt=True, default=DEMO_ZONE)
@click.option("--owner", prompt="Your name")
@click.option("--email", prompt="Your email, to sign in with")
@click.password_option(help="At least 12 characters.")
@with_appcontext
def new_practice(name: str, short_name: str, phone: str, time_zone: str, owner: str, email: str, password: str) -> None:
    """Begin an empty database with a practice and its owner."""
    migrate()
    if Practice.get_or_none():
        raise click.ClickException("This database has a practice already. Use another DATABASE.")
    if any(word in short_name.lower() for word in ALARMING):
        click.echo("Note: whoever sees an email learns from this short name what kind of care it is.")
    with db.atomic():
        Practice.create(id=1, name=name, short_name=short_name, phone=phone, time_zone=time_zone)
        person = Staff.create(name=owner, email=email.strip().lower(), role=StaffRole.OWNER)
        _set_password(person, password, name)
    click.echo(f"Done. Sign in at {_settings().public_url}/practice/sign-in as {person.email}.")


@click.command("set-password")
@click.argument("email")
@click.option("--staff", is_flag=True, help="The address of a member of staff, not of a client's login.")
@click.password_option(help="At least 12 characters.")
@with_appcontext
def set_password(email: str, staff: bool, password: str) -> None:
    """Give someone a new password, open a locked sign-in, and end their sessions."""
    kind = Staff if staff else User
    person = kind.get_or_none(kind.email == email.strip().lower())
    if person is None:
        raise click.ClickException(f"Nobody signs in as {email}{'' if staff else '; for staff add --staff'}.")
    _set_password(person, password, Practice.the().name)
    click.echo(f"{person.email} has a new password.")


def _set_password(person: signins.Person, password: str, practice_name: str) -> None:
    try:
        signins.set_password(person, password, _now(), practice_name=practice_name)
    except BillingError as refusal:
        raise click.ClickException(say(refusal.key, "en", **refusal.values)) from None


def _demo_settings() -> Settings:
    """Raises ClickException outside the demo: these commands must never touch a real practice's file."""
    settings = _settings()
    if settings.mode != "demo":
        raise click.ClickException("This command is for the demo only; MODE says this is not one.")
    if problems := settings.problems():
        raise click.ClickException(" ".join(problems))
    for file in (settings.database, settings.sandbox_database):
        file.parent.mkdir(parents=True, exist_ok=True)
    if _is_real():
        raise click.ClickException(f"{settings.database} holds a practice that is not the demo. Name another DATABASE.")
    return settings


def _is_real() -> bool:
    """Whether this database holds a practice that the demo did not write, whatever the settings say."""
    if not db.table_exists("practice") or not Practice.select().exists():
        return False
    return not AuditEntry.select().where(AuditEntry.what == demo_practice.LOADED).exists()


def _listen(settings: Settings, port: int) -> Settings:
    """On `port`, or on a free one when it is taken."""
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            free.bind((settings.host, port))
        except OSError:
            free.bind((settings.host, 0))
            click.echo(f"Port {port} is taken, so the demo listens on {free.getsockname()[1]}. PORT chooses another.")
        port = int(free.getsockname()[1])
    url = f"http://127.0.0.1:{port}" if settings.public_url == DEFAULT_URL else settings.public_url
    return replace(settings, port=port, public_url=url)


def _fill(processor: sandbox.Running, settings: Settings) -> None:
    """The practice's story in the books, its saved cards at the processor."""
    now = _now()
    host = urlsplit(settings.public_url).netloc
    demo_practice.load(local_day(now, DEMO_ZONE), now, passwords.hash_password(DEMO_PASSWORD), host)
    processor.seed(demo_vault.seeds())


def _print_logins(settings: Settings) -> None:
    click.echo(f"\nEvenly is at {settings.public_url}\n\nClients sign in at {settings.public_url}/sign-in:")
    for user in User.select().order_by(User.id):
        click.echo(f"  {user.email:20} {user.name}")
    click.echo(f"\nStaff sign in at {settings.public_url}/practice/sign-in:")
    for staff in Staff.select().order_by(Staff.id):
        click.echo(f"  {staff.email:20} {staff.name}, {staff.role}")
    click.echo(f"\nEvery password is {DEMO_PASSWORD}. Emails appear at {settings.public_url}/dev/outbox.\n")


def _settings() -> Settings:
    found: Settings = current_app.extensions["settings"]
    return found


def _app() -> Flask:
    return current_app._get_current_object()  # type: ignore[attr-defined]


def _now() -> datetime:
    now: datetime = current_app.extensions["clock"]()
    return now
