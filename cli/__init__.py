"""What can be asked for by name: `flask --app app COMMAND`. Each prints sentences; exit code 1 means a problem."""

from flask import Flask

from cli import books, demo, practice

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
)


def init_app(app: Flask) -> None:
    for command in COMMANDS:
        app.cli.add_command(command)
