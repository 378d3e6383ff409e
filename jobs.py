"""What runs by itself in the process that serves. Each job sweeps up rows that wait; each is safe to run twice.

docs/decisions says why this is a thread and not a queue.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from urllib.parse import urlsplit

from flask import Flask

import mail
from billing import (
    audit,
    checklist_watch,
    deliveries,
    deposit_watch,
    dollar,
    inbox,
    invoices,
    processor_facts,
    reconciling,
    recovery,
    refund_recovery,
    refunds,
    safety,
    settling,
    statements,
    unsure,
)
from billing.discrepancies import discrepancies
from billing.stamp import Stamp
from billing.tasks import raise_task
from custody import backups, columns, restoring
from exchange import batches
from identity import activity_week, birthdays, break_glass, invites, keeping
from models import Practice, db

log = logging.getLogger("evenly.jobs")

TICK = 1.0  # seconds
NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Job:
    """One thing done again and again: what, how often, and how. `run` returns how much it did.

    `apart`: it may take a minute, in which the others go on, each write of it as short as theirs.
    """

    name: str
    every: timedelta
    run: Callable[[Flask, datetime], int]
    apart: bool = False


def deliver_mail(app: Flask, now: datetime) -> int:
    return mail.deliver_due(now, app.extensions["settings"])


def resolve_unknown(app: Flask, now: datetime) -> int:
    """Ask the processor about payments, refunds and voids whose answer never came."""
    gateway, close_after = app.extensions["gateway"], app.extensions["settings"].unknown_close_after
    found = sum(each.resolve_unknown(gateway, now, close_after) for each in (recovery, refund_recovery))
    unsure.tell(now)
    return found


def send_refunds(app: Flask, now: datetime) -> int:
    """Send refunds that waited their day for want of a second person."""
    return refunds.send_due(app.extensions["gateway"], lambda: now)


def hear_announcements(app: Flask, now: datetime) -> int:
    """Look at what the processor's notifications spoke of."""
    return deliveries.work_off(app.extensions["gateway"], now)


def follow_payments(app: Flask, now: datetime) -> int:
    """Ask what became of booked payments that have not settled."""
    return settling.follow(app.extensions["gateway"], now)


def look_at_deposits(app: Flask, now: datetime) -> int:
    """Match what waits with what the bank shows, and tell of what is late."""
    return deposit_watch.look(now)


def issue_invoices(app: Flask, now: datetime) -> int:
    """Invoice what is ready, once a day; what stands on an invoice already is left alone."""
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    return invoices.issue_ready(stamp.on, stamp, portal_host=_portal_host(app))


def issue_statements(app: Flask, now: datetime) -> int:
    """On the practice's statement day, tell each account what happened on it."""
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    return statements.issue_due(stamp, portal_host=_portal_host(app))


def _portal_host(app: Flask) -> str:
    return urlsplit(app.extensions["settings"].public_url).netloc


def check_books(app: Flask, now: datetime) -> int:
    """The books must balance; if they do not, staff must know before anyone else does."""
    found = [*discrepancies(), *_end_of_log(app)]
    if found:
        log.error("the books do not balance, in %s places: check-books names them", len(found))
        raise_task("task.books", now, detail=found[0])
        inbox.put_once("notice.books", now, now - reconciling.TOLD_AGAIN_AFTER)
    for sentence in [each for each in found if each.startswith(audit.ABOUT)][:1]:
        audit.note("system", "log.broken", "practice:1", now, detail=sentence)
    return len(found)


def _end_of_log(app: Flask) -> list[str]:
    """Write down, outside the file, where the activity log ends; a real practice has begun one."""
    if end := audit.last():
        parts = ":".join(end.hash[at : at + 8] for at in range(0, len(end.hash), 8))  # no part looks like a card number
        log.info("the activity log ends at entry %s, hash %s", end.id, parts)
        return []
    real = app.extensions["settings"].mode == "production"
    return [f"{audit.ABOUT}it is empty."] if real else []


def check_seals(app: Flask, now: datetime) -> int:
    """Every sealed value must open: what was changed, or lost its key, is found while older backups are there."""
    found = list(columns.unopened())
    if found:
        log.error("%s sealed values do not open", len(found))
        raise_task("task.sealed", now, detail=found[0])
    return len(found)


def check_scripts(app: Flask, now: datetime) -> int:
    """The scripts that pages load must still be the ones the inventory describes."""
    return _tell_of_scripts(app.extensions["script_problems"](), now)


def check_page(app: Flask, now: datetime) -> int:
    """The sign-in page and the scripts must reach clients as we send them; only a real practice has clients."""
    if app.extensions["settings"].mode != "production":
        return 0
    try:
        return _tell_of_scripts(app.extensions["page_problems"](), now)
    except ConnectionError as error:
        log.error("%s", error)
        raise_task("task.live_page", now, detail=str(error))
        return 1


def _tell_of_scripts(found: list[str], now: datetime) -> int:
    for sentence in found:
        log.error("%s", sentence)
    if found:
        raise_task("task.scripts", now, detail=found[0])
    return len(found)


def compare_with_processor(app: Flask, now: datetime) -> int:
    return reconciling.compare_daily(app.extensions["gateway"], now)


def end_representation(app: Flask, now: datetime) -> int:
    """From the 18th birthday on nobody stands for a client any more."""
    return birthdays.end_representation(now)


def tell_owners(app: Flask, now: datetime) -> int:
    return break_glass.tell_owners(now)


def back_up(app: Flask, now: datetime) -> int:
    """Make the day's backup; staff must know when that fails, or when it is long that one was tried."""
    settings = app.extensions["settings"]
    if settings.mode == "production" and not safety.restore_tested(now):
        raise_task(restoring.TASK, now)
    try:
        return backups.make_daily(Path(settings.backup_folder), now) if settings.backup_folder else 0
    except Exception:  # whatever it was, there is no backup
        raise_task("task.backup", now)
        raise


def remind_of_log(app: Flask, now: datetime) -> int:
    """The owner looks through the activity log once a week."""
    return activity_week.remind(now)


def tell_of_invitations(app: Flask, now: datetime) -> int:
    """Staff hears of invitations that end soon, or ran out unused."""
    return invites.tell_of_ending(now) + invites.tell_of_expired(now)


def take_in_files(app: Flask, now: datetime) -> int:
    """Try and take in long files that staff brought; docs/decisions/0018 says why here."""
    return batches.work_off(now)


def finish_tests(app: Flask, now: datetime) -> int:
    """Find out what became of test payments, and give back what is still out."""
    return dollar.look_at_all(app.extensions["gateway"], now)


def watch_checklist(app: Flask, now: datetime) -> int:
    """See whether what payments need is still as it was when they were turned on."""
    settings = app.extensions["settings"]
    known = processor_facts.known(
        settings.braintree_environment, now, https=settings.https, mails=bool(settings.mail_host)
    )
    stamp = Stamp.of("system", now, Practice.the().time_zone)
    return checklist_watch.look(processor_facts.asked(known, app.extensions["gateway"]), stamp)


def forget(app: Flask, now: datetime) -> int:
    """Let go of what is kept only for a while."""
    return keeping.sweep(app.extensions["gateway"], now)


JOBS = (
    Job("deliver mail", timedelta(seconds=3), deliver_mail),
    Job("resolve unknown payments", timedelta(seconds=30), resolve_unknown),
    Job("send refunds that waited", timedelta(minutes=5), send_refunds),
    Job("hear what was announced", timedelta(seconds=5), hear_announcements),
    Job("follow payments until they settle", timedelta(minutes=5), follow_payments),
    Job("finish test payments", timedelta(minutes=5), finish_tests),
    Job("watch the checklist", checklist_watch.EVERY, watch_checklist),
    Job("look at deposits", timedelta(hours=1), look_at_deposits),
    Job("issue invoices", timedelta(days=1), issue_invoices),
    Job("issue statements", timedelta(hours=6), issue_statements),
    Job("check the books", timedelta(days=1), check_books),
    Job("check what is sealed", timedelta(days=1), check_seals),
    Job("check the scripts", timedelta(days=1), check_scripts),
    Job("compare with the processor", timedelta(days=1), compare_with_processor),
    Job("end what stood for a child", timedelta(hours=1), end_representation),
    Job("tell the owners of clients opened in an emergency", timedelta(hours=1), tell_owners),
    Job("take in files", timedelta(seconds=5), take_in_files, apart=True),
    Job("back up", timedelta(days=1), back_up),
    Job("remind of the log", timedelta(days=1), remind_of_log),
    Job("tell of invitations that ran out", timedelta(hours=1), tell_of_invitations),
    Job("forget what is past its time", timedelta(days=1), forget),
    Job("check the page", timedelta(days=7), check_page),  # last: it may wait for the proxy
)


class Jobs:
    """The jobs of one app and when each ran last."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._ran: dict[str, datetime] = {}
        self._stopped = Event()

    def start(self, every: float = TICK) -> None:
        """Look for what is due every so many seconds, in two threads that end with the process."""
        both = (("jobs", False), ("jobs apart", True))
        self._threads = [Thread(target=self._loop, args=(every, apart), name=name, daemon=True) for name, apart in both]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let the jobs that run finish, and start no other."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def hurry(self, name: str) -> None:
        """Run this job at the next look, whenever it ran last."""
        self._ran.pop(name, None)

    def run_due(self, *, apart: bool | None = None) -> dict[str, int | None]:
        """Run each job whose time has come, of those `apart`, the others, or all; returns how much each did, None for
        one that failed.
        """
        now = self.app.extensions["clock"]()
        jobs = [job for job in JOBS if apart in (None, job.apart)]
        due = [job for job in jobs if now - self._ran.get(job.name, NEVER) >= job.every]
        self._ran.update((job.name, now) for job in due)
        return {job.name: self._run(job, now) for job in due}

    def _run(self, job: Job, now: datetime) -> int | None:
        try:
            return job.run(self.app, now)
        except Exception:  # one job's trouble must not stop the others, nor its own next run
            log.exception("job failed: %s", job.name)
            return None

    def _loop(self, every: float, apart: bool) -> None:
        while not self._stopped.wait(every):
            with db.connection_context():
                if Practice.select().exists():
                    self.run_due(apart=apart)
