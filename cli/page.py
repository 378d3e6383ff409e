"""The pages as clients get them, looked at from outside."""

import sys

import click
from flask import current_app
from flask.cli import with_appcontext

from cli import context


@click.command("check-page", cls=context.Refusing)
@with_appcontext
def check_page() -> None:
    """Compare the sign-in page at PUBLIC_URL, and every script, with what we mean to serve."""
    found = current_app.extensions["page_problems"]()
    for sentence in found:
        click.echo(sentence)
    if found:
        sys.exit(1)
    click.echo("Page and scripts come as they should.")
