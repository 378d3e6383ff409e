"""The database brought up to date, the books checked and compared, the background jobs run once."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from billing import audit, reconciling
from billing.discrepancies import discrepancies
from cli import context
from migrations import migrate


@click.command("migrate", cls=context.Refusing)
@with_appcontext
def migrate_command() -> None:
    """Bring the database up to date."""
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
    if end := audit.last():
        click.echo(f"The activity log ends at entry {end.id:,}, whose hash is {end.hash}: keep it elsewhere.")


@click.command()
@with_appcontext
def reconcile() -> None:
    """Ask the processor about everything that is due, and say where the books and the processor differ."""
    found = reconciling.reconcile(
        current_app.extensions["gateway"], context.now(), context.settings().unknown_close_after
    )
    for what, count in found.done.items():
        click.echo(f"{count:6}  {what}")
    for sentence in filter(None, [found.aside, *found.wrong]):
        click.echo(sentence)
    if found.wrong:
        sys.exit(1)
    click.echo("The books and the processor agree.")


@click.command("jobs")
@with_appcontext
def run_jobs() -> None:
    """Run every background job once: deliver mail, ask about unknown payments, check the books."""
    done = current_app.extensions["jobs"].run_due()
    for name, count in done.items():
        click.echo(f"{name}: {'failed; see the log' if count is None else count}")
    if None in done.values():
        sys.exit(1)
