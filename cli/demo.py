"""The demo, its data afresh, and the sandbox that stands in for the card processor."""

import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import click
import waitress
from flask import current_app
from flask.cli import with_appcontext

import logs
import sandbox
from cli import context
from config import Settings
from demo import load as demo_practice
from demo import vault as demo_vault
from gateways import registry
from identity import passwords
from migrations import migrate
from models import AuditEntry, Practice, Staff, User, db
from words import local_day

DEMO_PASSWORD = "harbor-fern-demo"  # noqa: S105, printed for everyone to read
DEMO_ZONE = "America/Chicago"
DEFAULT_URL = Settings().public_url


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
        context.the_app(), host=settings.host, port=settings.port, threads=settings.threads, ident=None
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


@click.command("sandbox")
@with_appcontext
def sandbox_command() -> None:
    """Run the stand-in card processor by itself, on GATEWAY_PORT."""
    settings = context.settings()
    try:
        processor = sandbox.start(settings.sandbox_database, settings.gateway_port)
    except (OSError, ValueError) as error:
        raise click.ClickException(sandbox.refused(settings.gateway_port, error)) from None
    click.echo(processor.introduction())
    processor.wait()


def _demo_settings() -> Settings:
    """Raises ClickException outside the demo: these commands must never touch a real practice's file."""
    settings = context.settings()
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
    # Under its name: no browser offers passkeys for a number.
    url = f"http://localhost:{port}" if settings.public_url == DEFAULT_URL else settings.public_url
    return replace(settings, port=port, public_url=url)


def _fill(processor: sandbox.Running, settings: Settings) -> None:
    """The practice's story in the books, its saved cards at the processor."""
    now = context.now()
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
    click.echo(f"\nEvery password is {DEMO_PASSWORD}. The page that asks for a code says which one it is.")
    click.echo(f"Emails appear at {settings.public_url}/dev/outbox.\n")
