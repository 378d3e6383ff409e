"""Whoever knocks with an address that nobody has gets the same words, after the same work, as with one somebody has.

Time is not measured here, where it would say more of the machine than of us: what takes it is counted, passwords hashed
and statements sent to the database. tests/bench measures the rest.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from argon2 import PasswordHasher
from werkzeug.test import TestResponse

from identity import passwords
from models import Invite, OneTimeLink, db
from tests import builders, quick
from tests.identity.newcomer import an_invite
from tests.visitor import HASH, Visitor

KNOWN, UNKNOWN = "ana@example.com", "bob@example.com"
DOORS = {"/sign-in": "email", "/practice/sign-in": "email", "/reset": "email", "/practice/reset": "email",
         "/start": "contact"}  # fmt: skip
GUESS = {"password": "not the password", "initials": "AD", "code": "000000"}
NEW_EACH_TIME = re.compile(r"""(?:nonce|value)="[^"]*"|[\w.+-]+@example\.com""")
PASSING = {"Date", "Set-Cookie", "Content-Security-Policy", "Content-Length"}


class Counting(PasswordHasher):
    """The real one, which also counts."""

    verified = 0

    def verify(self, *args) -> bool:
        type(self).verified += 1
        return super().verify(*args)


@pytest.fixture
def work(monkeypatch) -> Callable:
    """`with work() as done:` … `done()` is how many passwords were verified and statements sent meanwhile."""
    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=1, memory_cost=8, parallelism=1))
    passwords.verify(None, "warms up")

    @contextmanager
    def work() -> Iterator[Callable[[], tuple[int, int]]]:
        sent, before = [], Counting.verified
        db.connection().set_trace_callback(sent.append)
        yield lambda: (Counting.verified - before, len(sent))
        db.connection().set_trace_callback(None)

    return work


def said(answer: TestResponse) -> tuple:
    """Status, words and headers, but for what is new each time and what was typed."""
    headers = sorted((name, value) for name, value in answer.headers if name not in PASSING)
    return answer.status_code, NEW_EACH_TIME.sub("", answer.text), headers


def knock(browser: Visitor, door: str, address: str) -> TestResponse:
    return browser.submit(door, {**GUESS, DOORS[door]: address})


@pytest.fixture
def somebody(practice, clock) -> None:
    """Known at each door: a client, a member of staff and somebody invited share an address."""
    ana = builders.a_user("Ana Delgado-Demo", email=KNOWN, password_hash=HASH, secured_at=clock())
    rosa = builders.a_staff_member("Rosa Quill-Demo", email=KNOWN, password_hash=HASH, secured_at=clock())
    account = builders.an_account("Ana Delgado-Demo", builders.a_client("Ana Delgado-Demo"))
    an_invite(account, rosa, email=KNOWN)
    assert ana.email == rosa.email


@pytest.mark.parametrize("door", DOORS)
def test_the_words_are_the_same_however_often_and_whoever_knocks(app, somebody, door):
    """Also when it is too often, and when the person has been switched off or never chose a password."""
    for _ in range(7):
        answers = {address: said(knock(app.test_client(), door, address)) for address in (KNOWN, UNKNOWN)}
        assert answers[KNOWN] == answers[UNKNOWN]
    assert answers[KNOWN][0] in (422, 303)


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("changes", [{"disabled_at": True}, {"password_hash": None}, {"secured_at": None}], ids=str)
def test_they_are_the_same_for_who_cannot_enter_any_more_or_yet(app, somebody, clock, door, changes):
    for person in (*builders.User.select(), *builders.Staff.select()):
        for name, value in changes.items():
            setattr(person, name, clock() if value is True else value)
        person.save()

    answers = [said(knock(app.test_client(), door, address)) for address in (KNOWN, UNKNOWN)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize("door", [door for door in DOORS if "sign-in" in door])
def test_signing_in_takes_the_same_work(app, somebody, work, door):
    """One password hashed, and as many statements, until a person is written to at the fifth failure."""
    for _ in range(4):
        took = {}
        for address in (KNOWN, UNKNOWN):
            browser = app.test_client()
            data = {**GUESS, "csrf_token": browser.token(), "email": address}
            with work() as done:
                browser.post(door, data=data)
                took[address] = done()
        assert took[KNOWN] == took[UNKNOWN]
        assert took[KNOWN][0] == 1


@pytest.mark.parametrize("door", ["/reset", "/practice/reset"])
def test_asking_for_a_link_hashes_once_in_either_case(app, somebody, work, door):
    """The few statements that write a link drown in that."""
    for address in (KNOWN, UNKNOWN):
        browser = app.test_client()
        data = {"csrf_token": browser.token(), "email": address}
        with work() as done:
            browser.post(door, data=data)
            assert done()[0] == 1
    assert OneTimeLink.select().count() == 1


def test_the_shared_page_takes_the_same_work(app, somebody, work):
    took = {}
    for address in (KNOWN, UNKNOWN):
        browser = app.test_client()
        data = {**GUESS, "csrf_token": browser.token(), "contact": address}
        with work() as done:
            browser.post("/start", data=data)
            took[address] = done()
    assert took[KNOWN] == took[UNKNOWN]
    assert Invite.get().tries == 1


def test_a_link_that_was_used_took_back_is_too_old_or_was_never_made_is_one_page(app, somebody, clock):
    made_up = said(app.test_client().get("/join/" + "x" * 22))
    account, rosa = builders.an_account("Bo Demo", builders.a_client("Bo Demo")), builders.Staff.get()

    ends = {}
    for what in ("used_at", "revoked_at", "expires_at"):
        invited = an_invite(account, rosa, email=f"{what}@example.com")
        Invite.update(**{what: clock()}).where(Invite.id == invited.invite.id).execute()
        ends[what] = said(app.test_client().get(f"/join/{invited.token}"))

    assert set(map(str, ends.values())) == {str(made_up)}
    assert made_up[0] == 404


def test_the_hash_of_nobodys_password_costs_what_new_ones_cost():
    """All other tests compare with a cheap one."""
    assert quick.nobodys().startswith("$argon2id$v=19$m=19456,t=2,p=1$")
