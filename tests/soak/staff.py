"""Staff of a soak: they post what waits, change the posting mode, and write down new visits."""

from collections import Counter
from datetime import datetime
from random import Random
from threading import Event, Thread

import models
from identity import totp
from models import Practice, db
from tests.soak import world
from tests.soak.browser import Browser, Lost, changed
from tests.soak.portal import MovedClock
from tests.soak.processes import Portal
from tests.visitor import PASSWORD

TO_POST = "/practice/to-post/"


class Staff(Thread):
    """One person of the practice at their screens; visits come from the record system, in this process."""

    def __init__(self, portal: Portal, clock: MovedClock, random: Random, stop: Event) -> None:
        super().__init__(daemon=True)
        self.portal, self.clock, self.random, self.stop = portal, clock, random, stop
        self.browser, self.did, self.failure = Browser(portal.port), Counter[str](), ""

    def run(self) -> None:
        try:
            with db.connection_context():
                while not self.stop.wait(0.3):
                    self._one_round()
        except Exception as error:
            self.failure = f"staff: {type(error).__name__}: {error}"
            raise

    def _one_round(self) -> None:
        world.visits(self.random, self._now())
        if self.random.random() < 0.05:
            Practice.update(posting_mode=self.random.choice(("auto", "manual"))).execute()
        try:
            if not self.browser.signed_in:
                owner = models.Staff.get(models.Staff.email == "owner@example.com")
                codes = world.codes(totp.standing(owner).secret, self._now())
                self.browser.sign_in("/practice/sign-in", owner.email, PASSWORD, codes)
            self.post_what_waits(all_of_it=self.random.random() < 0.5)
        except Lost:
            self.portal.up.wait(30)

    def _now(self) -> datetime:
        return self.clock()

    def post_what_waits(self, *, all_of_it: bool) -> None:
        page = self.browser.get(TO_POST)
        waiting = page.values("key")
        if waiting:
            form = page.form(TO_POST)
            self.browser.post(TO_POST, changed(form, all="1") if all_of_it else changed(form, key=waiting[0]))
            self.did["posted"] += 1
