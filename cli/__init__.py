"""What can be asked for by name: `flask --app app COMMAND`. Each prints sentences; exit code 1 means a problem."""

from flask import Flask

from cli import books, demo, keeping, keys, page, practice

COMMANDS = (
    demo.demo,
    demo.reset,
    demo.sandbox_command,
    books.migrate_command,
    books.check_books,
    books.reconcile,
    books.run_jobs,
    practice.new_practice,
    practice.set_password,
    practice.reset_second_step,
    keeping.keeping_command,
    keeping.erase_login,
    keys.rotate_keys,
    keys.backup,
    keys.restore,
    keys.test_restore,
    keys.balances_command,
    page.check_page,
)


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
