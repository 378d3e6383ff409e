"""The production server: `python -m serve`. One process, waitress, settings from the environment."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from config import SettingError, Settings


def main() -> int:
    """Serve until stopped; return 2, with each reason on the error stream, when the settings forbid it."""
    try:
        settings = replace(Settings.from_env(os.environ), mode="production")
        problems = settings.problems()
    except SettingError as error:
        problems = [str(error)]
    return refuse(*problems) if problems else run(settings)


def refuse(*problems: str) -> int:
    print("Evenly does not start:", *problems, sep="\n  - ", file=sys.stderr)
    return 2


def run(settings: Settings) -> int:
    """Bring the database up to date, then answer requests; keys that do not open it refuse at once, as settings do."""
    # Imported only now: a refusal comes at once, and needs none of the application.
    import waitress
    from peewee import PeeweeException

    import logs
    from app import create_app
    from custody import leftovers
    from migrations import migrate
    from sealing import SealError, ring

    logs.configure(settings.log_level)
    os.umask(0o077)  # the database and its journal are for this user alone
    app = create_app(settings)
    try:
        migrate()
        ring.load()
    except (SealError, SettingError) as error:
        return refuse(str(error))
    except (OSError, PeeweeException) as error:
        return refuse(f"DATABASE is {settings.database}, which cannot be used: {error}.")
    leftovers.sweep(settings.database.parent, Path(settings.backup_folder or settings.database.parent))
    # With a proxy in front the application counts its hops; without one, waitress drops what only a proxy may say.
    believed = settings.trusted_proxies > 0
    about = {"host": settings.host, "port": settings.port, "threads": settings.threads, "ident": None}
    try:
        server = waitress.create_server(app, clear_untrusted_proxy_headers=not believed, **about)
    except (OSError, ValueError) as error:
        return refuse(f"HOST and PORT are {settings.host} and {settings.port}, where nothing can listen: {error}.")
    app.extensions["jobs"].start()
    print(f"Evenly listens on {settings.host}:{settings.port}; clients reach it at {settings.public_url}", flush=True)
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
