"""What is kept how long, and a login erased."""

from datetime import timedelta

import click
from flask import current_app
from flask.cli import with_appcontext

from billing.errors import BillingError
from cli import context
from gateways import GatewayUnavailable
from identity import erasing, keeping
from models import User
from words import say


@click.command("keeping")
@with_appcontext
def keeping_command() -> None:
    """Say how long everything is kept, and what is past its time."""
    now = context.now()
    click.echo("Goes by itself:")
    for rule in keeping.RULES:
        click.echo(f"  {_time(rule.after):10} {rule.what}")
    click.echo("Stays until a person takes it away:")
    for kept in keeping.KEPT:
        old = kept.old(now)
        click.echo(f"  {_time(kept.after):10} {kept.what}: {f'{old:,} past that' if old else 'nothing past that'}")


@click.command("erase-login")
@click.argument("email")
@click.confirmation_option(prompt="Everything that says who this was will be gone. Go on?")
@with_appcontext
def erase_login(email: str) -> None:
    """Erase a client's login: name, addresses, ways to sign in, links and saved cards. The books stay as they are."""
    user = User.get_or_none(User.email == email.strip().lower())
    if user is None:
        raise click.ClickException("No client signs in with this address.")
    try:
        erasing.erase(user, current_app.extensions["gateway"], context.now())
    except GatewayUnavailable:
        raise click.ClickException(
            "The card processor did not answer, so a saved card is still there. Run it again."
        ) from None
    except BillingError as refused:
        raise click.ClickException(say(refused.key, "en", **refused.values)) from None
    click.echo(f"The login is erased. In the log and on the books it is user:{user.id}.")


def _time(after: timedelta) -> str:
    years, months = after.days // 365, after.days // 30
    return f"{years} years" if years > 1 else f"{months} months" if months > 3 else f"{after.days} days"
