"""Keys changed, copies made, put back and tried, and what everyone owes on one sheet."""

from pathlib import Path

import click
from flask.cli import with_appcontext

import sealing
from billing import audit
from cli import context
from custody import backups, balances, restoring, rotation
from sealing import ring

AGAIN = "Links, invitations, staff, passwords, second steps and used backup codes"
FILE = click.Path(path_type=Path)


@click.command("rotate-keys", cls=context.Refusing)
@click.option("--data", is_flag=True, help="Also make a new data key, and seal again what may be changed.")
@with_appcontext
def rotate_keys(data: bool) -> None:
    """Wrap the data keys with the current master key, the first of DATA_KEYS; the portal may stay in use."""
    count, named = rotation.rewrap(), sealing.fingerprint(ring.master())
    audit.note("system", "keys.rotate", f"master_key:{named}", context.now())
    click.echo(f"{count} data keys are wrapped with master key {named}. Older backups still need the key before it.")
    if data:
        id = rotation.renew(context.now())
        click.echo(f"Data key {id} seals from now on. {rotation.reseal(id)} rows were sealed again with it.")
        audit.note("system", "keys.renew", f"data_key:{id}", context.now())


@click.command(cls=context.Refusing)
@click.option("--to", type=FILE, help="The folder; BACKUP_FOLDER unless said.")
@with_appcontext
def backup(to: Path | None) -> None:
    """Add a sealed copy of the database to a folder, also while the portal is in use."""
    click.echo(f"Made {backups.make(to or _folder(), context.now())}")


@click.command(cls=context.Refusing)
@click.argument("file", type=FILE)
@click.option("--to", type=FILE, required=True, help="Where the database goes; nothing may be there yet.")
@with_appcontext
def restore(file: Path, to: Path) -> None:
    """Verify a backup and put it back as a new file."""
    label = restoring.restore(file, to, context.now())
    click.echo(f"{to} holds the practice as of {label.made_at}. Its books balance. DATABASE={to} runs with it.")
    click.echo(f"Nobody is signed in to it. {AGAIN} changed since {label.date} must be done again.")


@click.command("test-restore", cls=context.Refusing)
@click.option("--from", "folder", type=FILE, help="The folder; BACKUP_FOLDER unless said.")
@with_appcontext
def test_restore(folder: Path | None) -> None:
    """Open and verify the newest backup without putting it anywhere, and note that it was done."""
    newest = backups.newest(folder or _folder(), context.now())
    if newest is None:
        raise click.ClickException(f"There is no backup in {folder or _folder()}.")
    label = restoring.test(newest, context.now())
    click.echo(f"{newest} is whole: the practice as of {label.made_at}. Its books balance.")


@click.command("balances", cls=context.Refusing)
@click.option("--to", type=FILE, help="Seal what everyone owes today into this file.")
@click.option("--show", type=FILE, help="Open such a file and print it; the database is not needed.")
@with_appcontext
def balances_command(to: Path | None, show: Path | None) -> None:
    """Keep what everyone owes on one sealed sheet, or print one."""
    if (to is None) == (show is None):
        raise click.UsageError("Say --to FILE to make a sheet, or --show FILE to print one.")
    if show:
        click.echo(balances.read(show), nl=False)
    elif to:
        click.echo(f"{to} holds what {balances.make(to, context.now())} accounts owe, sealed.")


def _folder() -> Path:
    folder = context.settings().backup_folder
    if not folder:
        raise click.ClickException("BACKUP_FOLDER is not set. Set it, or name a folder.")
    return Path(folder)
