"""What goes wrong in a soak: faults on order, time that passes, and a portal that is killed at any moment."""

from collections import Counter
from random import Random
from threading import Event, Thread

from choices import EntryKind
from models import Entry, db
from tests.soak.processes import Portal, Processor

SALE, SEARCH, READ = r"POST .*/transactions$", "POST .*/advanced_search_ids$", r"GET .*/transactions/\w+$"
BACK, VOID = r"POST .*/transactions/\w+/refund$", r"PUT .*/transactions/\w+/void$"
WEIGHTS = {SALE: 10, SEARCH: 3, READ: 2, BACK: 3, VOID: 2}
ACTIONS = ("drop", "delay", "apply_then_drop", "apply_then_delay", "status", "apply_then_status", "search_lag")
BODIES = ("", "<html>Bad gateway</html>", "<transaction><id>", "\x00\x01")
STATUSES = (500, 503, 504, 429, 200, 201)
TOO_SLOW = 1.1  # seconds, longer than the portal waits
HOURS = (0.01, 0.2, 0.5, 1, 2)  # a day never passes while a request is under way


class Chaos(Thread):
    """Deterministic choices from the seed; when they bite is up to the threads."""

    def __init__(self, portal: Portal, processor: Processor, random: Random, stop: Event, kill_every: float) -> None:
        super().__init__(daemon=True)
        self.portal, self.processor, self.random, self.stop = portal, processor, random, stop
        self.kill_every, self.did, self.failure = kill_every, Counter[str](), ""
        self.open, self.disputed = list[str](), set[int]()

    def run(self) -> None:
        try:
            with db.connection_context():
                self._loop()
        except Exception as error:
            self.failure = f"chaos: {type(error).__name__}: {error}"
            raise

    def _loop(self) -> None:
        until_kill = self.random.uniform(0.3, 1) * self.kill_every
        while not self.stop.wait(0.5):
            self._order_faults()
            self._muddle_the_post()
            if self.random.random() < 0.1:
                self._dispute()
            if self.random.random() < 0.5:
                self.processor.pass_(self.random.choice(HOURS) * 3600)
            until_kill -= 0.5
            if until_kill <= 0:
                self._kill()
                until_kill = self.random.uniform(0.3, 1.7) * self.kill_every

    def _order_faults(self) -> None:
        rows = [self._fault() for _ in range(self.random.randint(0, 3))]
        self.processor.remote.control("faults", [])
        if rows:
            self.processor.remote.control("faults", rows)

    def _fault(self) -> dict[str, object]:
        match = self.random.choices(list(WEIGHTS), weights=list(WEIGHTS.values()))[0]
        action = self.random.choice(ACTIONS)
        self.did[action] += 1
        fault: dict[str, object] = {"match": match, "action": action, "times": 1, "seconds": TOO_SLOW}
        if action.endswith("status"):
            fault |= {"status": self.random.choice(STATUSES), "body": self.random.choice(BODIES)}
        if action == "search_lag":
            fault |= {"match": SALE, "seconds": self.random.choice((10, 60, 600))}
        return fault

    def _muddle_the_post(self) -> None:
        """Announcements are held back, sent twice, in another order; and all of them are let go again."""
        if self.random.random() < 0.3:
            muddle = {lever: self.random.random() < 0.4 for lever in ("double", "shuffle", "hold")}
            self.processor.remote.control("webhooks", muddle | {"seed": self.random.randint(1, 99)})

    def _dispute(self) -> None:
        """A bank takes a settled payment back, or decides about one it took."""
        lever = self.processor.remote.control
        if self.open and self.random.random() < 0.5:
            dispute = self.open.pop(self.random.randrange(len(self.open)))
            lever("disputes", {"id": dispute, "status": self.random.choice(("won", "lost"))})
            return
        settled = Entry.select(Entry.payment).where(Entry.kind == EntryKind.SETTLEMENT).order_by(Entry.id)
        if rows := list(settled.limit(200)):
            sale = self.random.choice(rows).payment.attempt
            if sale and sale.id not in self.disputed:
                self.disputed.add(sale.id)
                self.open.append(lever("disputes", {"transaction_id": sale.transaction_id})["id"])
                self.did["dispute"] += 1

    def _kill(self) -> None:
        """Half of the time with sales at the processor whose answers are not recorded yet."""
        if self.random.random() < 0.5:
            slow = {"match": SALE, "action": "apply_then_delay", "seconds": 0.5, "times": 3}
            self.processor.remote.control("faults", [slow])
            self.stop.wait(self.random.uniform(0.1, 0.4))
        self.portal.restart()
