"""The production server: `python -m serve`. One process, waitress, settings from the environment."""

import os
import sys
from dataclasses import replace

from config import SettingError, Settings


def main() -> int:
    """Serve until stopped; return 2, with each reason on the error stream, when the settings forbid it."""
    try:
        settings = replace(Settings.from_env(os.environ), mode="production")
        problems = settings.problems()
    except SettingError as error:
        problems = [str(error)]
    if problems:
        print("Evenly does not start:", *problems, sep="\n  - ", file=sys.stderr)
        return 2
    run(settings)
    return 0


def run(settings: Settings) -> None:
    """Bring the database up to date, then answer requests."""
    # Imported only now: a refusal should come at once, and needs none of the application.
    from waitress import serve

    from app import create_app
    from migrations import migrate
    from models import open_database

    settings.database.parent.mkdir(parents=True, exist_ok=True)
    open_database(str(settings.database))
    migrate()
    print(f"Evenly listens on {settings.host}:{settings.port}; clients reach it at {settings.public_url}", flush=True)
    serve(create_app(settings), host=settings.host, port=settings.port, threads=settings.threads, ident=None)


if __name__ == "__main__":
    sys.exit(main())
