"""A soak from beginning to end: build, let loose, stop, wait until it is quiet, reckon."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from threading import Event
from time import monotonic, sleep

from billing import reconciling
from choices import IN_FLIGHT, AttemptState
from gateways.braintree import BraintreeAdapter
from models import Attempt, MoneyBack, WebhookDelivery, db
from tests.soak import world
from tests.soak.chaos import Chaos
from tests.soak.clients import Client
from tests.soak.count import Reckoning, reckon
from tests.soak.portal import QUIET, MovedClock, account
from tests.soak.processes import Portal, Processor
from tests.soak.staff import Staff

HONEST = "gateways.braintree:BraintreeAdapter"
EVENING = time(20)  # a soak begins two hours before the processor's day ends
HOUR = 3600
PASSING = (0.01, 1, 6, 12, 6, *[1] * 40)  # hours after the last fault until every doubt must have ended


@dataclass(frozen=True)
class Plan:
    """What a soak is to be. `kill_every`: seconds between two kills, on average."""

    payments: int
    seed: int = 1
    threads: int = 4
    kill_every: float = 20
    adapter: str = HONEST


@dataclass(frozen=True)
class Outcome:
    """What it came to."""

    plan: Plan
    reckoning: Reckoning
    did: Counter[str]
    faults: int
    kills: int
    seconds: float
    failures: list[str]

    @property
    def is_proof(self) -> bool:
        return self.reckoning.is_clean and not self.failures

    def table(self) -> Iterator[tuple[str, str]]:
        found = self.reckoning
        yield "payments asked for", f"{found.asked:,}"
        yield "charged at the processor", f"{found.charged:,}  (${found.cents[0] / 100:,.2f})"
        yield "recorded in the books", f"{found.recorded:,}  (${found.cents[1] / 100:,.2f})"
        yield "refunds at the processor / in the books", f"{found.given_back[0]:,} / {found.given_back[1]:,}"
        yield "voids at the processor / in the books", f"{found.voided[0]:,} / {found.voided[1]:,}"
        yield from ((what, f"{count:,}") for what, count in sorted(self.did.items()))
        yield "faults ordered", f"{self.faults:,}"
        yield "times the portal was killed", f"{self.kills:,}"
        yield "seconds", f"{self.seconds:,.0f}  ({found.asked / self.seconds:.1f} payments a second)"
        yield "charged twice", f"{len(found.twice):,}"
        yield "lost", f"{len(found.lost):,}"
        yield "unknown left", f"{len(found.unknown):,}"
        yield "invariants broken", f"{len(found.broken):,}"


class Soak:
    """One run in a folder of its own."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self.plan, self.stop = plan, Event()
        self.processor = Processor(folder)
        self.clock = MovedClock(self.processor.clock)
        self.portal = Portal(folder, self.processor, plan.adapter, plan.threads * 2 + 2, plan.seed)
        self.threads: list[Client | Chaos | Staff] = []

    def run(self) -> Outcome:
        began = monotonic()
        try:
            people = self._build()
            self.portal.start()
            self.processor.remote.control(
                "webhooks", {"url": f"http://127.0.0.1:{self.portal.port}/webhooks/braintree"}
            )
            self._let_loose(people)
            with db.connection_context():
                self._wait_for(self.plan.payments)
                self._calm_down()
                reckoning = self._reckon()
        finally:
            self.stop.set()
            self.portal.kill()
            self.processor.kill()
        return self._outcome(reckoning, monotonic() - began)

    def _build(self) -> list[world.Person]:
        """Enough people that nobody pays many times a day."""
        self.processor.start()
        now = datetime.now(UTC)
        evening = datetime.combine(now, EVENING, UTC) + timedelta(days=1)
        self.processor.pass_((evening - now).total_seconds())
        fewest, most = self.plan.threads * 3, self.plan.threads * 15
        people = min(most, max(fewest, self.plan.payments // 8))
        return world.build(self.portal.file, self.processor.remote, people, self._random("world"), evening)

    def _random(self, what: str) -> Random:
        return Random(f"{self.plan.seed} {what}")

    def _let_loose(self, people: list[world.Person]) -> None:
        count = self.plan.threads
        self.threads = [
            Client(
                people[number::count],
                self.portal,
                self.processor.remote,
                self.clock,
                self._random(f"client {number}"),
                self.stop,
            )
            for number in range(count)
        ]
        self.chaos = Chaos(self.portal, self.processor, self._random("chaos"), self.stop, self.plan.kill_every)
        self.staff = Staff(self.portal, self.clock, self._random("staff"), self.stop)
        self.threads += [self.chaos, self.staff]
        for thread in self.threads:
            thread.start()

    def _wait_for(self, payments: int) -> None:
        """Raises RuntimeError when a thread of the soak itself has failed, or when it takes far too long."""
        until = monotonic() + 120 + 3 * payments
        while Attempt.select().count() < payments:
            if failures := [thread.failure for thread in self.threads if thread.failure]:
                raise RuntimeError("; ".join(failures))
            if monotonic() > until:
                raise RuntimeError("payments are not asked for any more")
            sleep(0.1)

    def _calm_down(self) -> None:
        """No more faults; hours pass until the janitor has ended every doubt, as it must within a day."""
        self.stop.set()
        self.processor.clock.with_name(QUIET).touch()
        for thread in self.threads:
            thread.join()
        self.processor.remote.control("faults", [])
        self.processor.remote.control("webhooks", {"hold": False, "shuffle": False})
        for hours in PASSING:
            if not self._doubts():
                break
            self.processor.pass_(hours * HOUR)
            sleep(0.4)
        self.portal.kill()

    def _doubts(self) -> int:
        """What has no end yet: payments, money back, announcements nobody looked into."""
        asked = (AttemptState.SENT, AttemptState.UNKNOWN)
        unheard = WebhookDelivery.select().where(WebhookDelivery.done_at.is_null()).count()
        return int(
            unheard
            + Attempt.select().where(Attempt.state.in_(IN_FLIGHT)).count()
            + MoneyBack.select().where(MoneyBack.state.in_(asked)).count()
        )

    def _reckon(self) -> Reckoning:
        """First as a practice would, `flask reconcile`; then from the processor's own file."""
        honest = BraintreeAdapter(account(self.processor.port, 30))
        wrong = reconciling.reconcile(honest, self.clock()).wrong
        found = reckon(self.processor.file)
        found.broken += [sentence for sentence in wrong if sentence not in found.broken]
        return found

    def _outcome(self, reckoning: Reckoning, seconds: float) -> Outcome:
        did = sum((Counter(thread.did) for thread in self.threads if thread is not self.chaos), Counter[str]())
        failures = [thread.failure for thread in self.threads if thread.failure]
        faults = sum(self.chaos.did.values())
        return Outcome(self.plan, reckoning, did, faults, self.portal.kills, seconds, failures)
