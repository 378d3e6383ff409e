"""Clients of a soak: they pay one, many, an amount; press twice, in two tabs, hang up, come back and press again."""

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Event, Thread
from urllib.parse import urlencode

from sandbox import Remote
from tests.soak import world
from tests.soak.browser import Browser, Fields, Lost, Page, changed
from tests.soak.portal import MovedClock
from tests.soak.processes import Portal
from tests.soak.world import Person
from tests.visitor import PASSWORD

GOOD, BAD = ("visa", "mastercard", "hsa"), ("funds", "no", "zip", "cvv", "silent", "down")
TRIES = 5  # how often a form is posted again when no answer comes
CREDIT, PAY = "/pay/credit", "/pay"


class Client(Thread):
    """One thread that is several people in turn, each in a browser of their own."""

    def __init__(
        self, people: list[Person], portal: Portal, processor: Remote, clock: MovedClock, random: Random, stop: Event
    ) -> None:
        super().__init__(daemon=True)
        self.portal, self.processor, self.random, self.stop = portal, processor, random, stop
        self.clock = clock
        self.people = [(person, Browser(portal.port)) for person in people]
        self.did, self.failure = Counter[str](), ""
        self._hands = ThreadPoolExecutor(2)

    def run(self) -> None:
        try:
            while not self.stop.is_set():
                self._one_errand(*self.random.choice(self.people))
        except Exception as error:
            self.failure = f"a client: {type(error).__name__}: {error}"
            raise

    def _one_errand(self, person: Person, browser: Browser) -> None:
        try:
            if not browser.signed_in:
                browser.sign_in("/sign-in", person.email, PASSWORD, world.codes(person.secret, self.clock()))
            if self.random.random() < 0.5:
                self._buy(browser, self._whole_account(person))
            else:
                self._choose(browser, person, browser.get(PAY))
        except Lost:
            self.did["no answer"] += 1
            self.portal.up.wait(30)
            self.stop.wait(0.1)

    def _whole_account(self, person: Person) -> Fields:
        """An amount toward the balance or, seldom, all of it."""
        way = ("way", "amount") if self.random.random() < 0.8 else ("way", "many")
        return [way, ("account", person.account), *([("all", "1")] if way[1] == "many" else [])]

    def _choose(self, browser: Browser, person: Person, choosing: Page) -> None:
        visits = list(dict.fromkeys(choosing.values("charge")))
        if choosing.form(CREDIT) and self.random.random() < 0.7:
            browser.post(CREDIT, choosing.form(CREDIT))
            self.did["used credit"] += 1
        elif visits:
            count = 1 if self.random.random() < 0.7 else self.random.randint(1, len(visits))
            picked = self.random.sample(visits, count)
            self._buy(browser, [("way", "one" if count == 1 else "many"), *(("charge", key) for key in picked)])
        else:
            self.did["nothing to pay"] += 1

    def _buy(self, browser: Browser, picked: Fields) -> None:
        address = f"{PAY}/checkout?{urlencode(picked)}"
        form = browser.get(address).form(PAY)
        if not form:
            self.did["nothing to pay"] += 1
            self.stop.wait(0.05)
            return
        order = self._filled_in(form)
        answer = self.random.choices(
            (self._press, self._press_twice, self._two_tabs, self._hang_up), weights=(70, 12, 8, 10)
        )[0](browser, order, address)
        self._read(browser, answer, order)

    def _filled_in(self, form: Fields) -> Fields:
        """An amount where one is asked for, shown on the button as the script would; and a card."""
        offered = dict(form)
        changes: dict[str, str | None] = {}
        if offered.get("amount") and self.random.random() < 0.85:
            most = round(float(offered["amount"].replace(",", "")) * 100)
            cents = self.random.randint(min(100, most), min(most, 25_00))
            changes["amount"] = f"{cents // 100}.{cents % 100:02}"
            changes["shown"] = changes["amount"] if self.random.random() < 0.95 else offered["shown"]
        if self.random.random() < 0.3:
            kind = self.random.choice(GOOD if self.random.random() < 0.8 else BAD)
            keep = "y" if self.random.random() < 0.1 else None
            changes |= {"card": "new", "nonce": self.processor.pick(kind), "save": keep}
        return changed(form, **changes)

    # How the button is pressed

    def _press(self, browser: Browser, order: Fields, _address: str) -> Page:
        """Until an answer comes: the same form, as a browser sends it again."""
        for _ in range(TRIES):
            try:
                return browser.post(PAY, order)
            except Lost:
                self.did["posted again after no answer"] += 1
                self.portal.up.wait(30)
                time.sleep(0.1)
        raise Lost

    def _press_twice(self, browser: Browser, order: Fields, address: str) -> Page:
        self.did["double posts"] += 1
        return self._both(lambda: self._press(browser, order, address), lambda: self._press(browser, order, address))

    def _two_tabs(self, browser: Browser, order: Fields, address: str) -> Page:
        other = browser.get(address).form(PAY)
        if not other:
            return self._press(browser, order, address)
        self.did["two tabs"] += 1
        other = self._filled_in(other)
        return self._both(lambda: self._press(browser, order, address), lambda: self._press(browser, other, address))

    def _hang_up(self, browser: Browser, order: Fields, address: str) -> Page:
        browser.hang_up_after_sending(PAY, order)
        self.did["hung up"] += 1
        return self._press(browser, order, address)

    def _both(self, one: Callable[[], Page], other: Callable[[], Page]) -> Page:
        first, second = self._hands.submit(one), self._hands.submit(other)
        second.exception()
        return first.result()

    # What comes of it

    def _read(self, browser: Browser, answer: Page, order: Fields) -> None:
        if answer.status == 303:
            self.did["answered"] += 1
            if self.random.random() < 0.4:
                browser.get(answer.location)
            if self.random.random() < 0.1:
                browser.post(PAY, order)  # back, and pressed once more
            return
        self.did[f"refused {answer.status}"] += 1
        again = answer.form(PAY)
        if answer.status == 422 and again and self.random.random() < 0.5:
            new_card = {"nonce": self.processor.pick("visa")} if dict(order).get("card") == "new" else {}
            twice = "1" if 'name="again"' in answer.html else None
            self._press(browser, changed(again, again=twice, **new_card), "")
