"""The portal of a soak, in a process of its own: `python -m tests.soak.portal`, settings from the environment.

As in production, but the clock can be moved, the processor is given up on sooner, and two callers without a browser
die with it: one pays like autopay, one gives back. The daily comparison, which reads a week of sales at the processor
each time, is left out: the soak compares everything at its end.
"""

import argparse
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import waitress

import jobs
import logs
from app import create_app
from config import FIXTURE_KEYS, Settings
from gateways.braintree import Account, BraintreeAdapter
from migrations import migrate
from tests.soak.callers import Autopay, Returns

QUIET = "quiet"  # a file beside the clock; once it is there, nobody asks for anything new
READ_SECONDS = 0.8  # how long the processor may take; what takes longer is unknown


class MovedClock:
    """Real time plus the seconds that a file says, which another process may change at any moment."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __call__(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text(encoding="ascii")))


def main() -> None:
    words = argparse.ArgumentParser()
    words.add_argument("--clock", type=Path, required=True)
    words.add_argument("--adapter", required=True)
    words.add_argument("--seed", required=True)
    given = words.parse_args()
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log_level)
    app = create_app(settings)
    clock, gateway = MovedClock(given.clock), adapter(given.adapter)(account(settings.gateway_port, READ_SECONDS))
    app.extensions.update(clock=clock, gateway=gateway)
    migrate()
    jobs.JOBS = tuple(job for job in jobs.JOBS if job.run not in (jobs.compare_with_processor, jobs.check_page))
    app.extensions["jobs"].start(0.2)
    for caller in (Autopay, Returns):
        caller(gateway, clock, settings.secret_key, given.seed, given.clock.with_name(QUIET)).start()
    waitress.serve(app, host=settings.host, port=settings.port, threads=settings.threads, ident=None)


def account(port: int, read_seconds: float) -> Account:
    """The sandbox's keys."""
    return Account("loopback", *FIXTURE_KEYS, port=port, request_keys=True, read_seconds=read_seconds)


def adapter(name: str) -> Callable[[Account], BraintreeAdapter]:
    """`package.module:Class`, so that a test can put a broken one in its place."""
    module, _, kind = name.partition(":")
    found: Callable[[Account], BraintreeAdapter] = getattr(import_module(module), kind)
    return found


if __name__ == "__main__":
    main()
