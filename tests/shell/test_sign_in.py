"""Signing in: who may, who may not, and how little the answer gives away."""

import re
from collections import Counter
from threading import Barrier, Thread

import pytest

from identity import passwords, signins
from models import AuditEntry, Message, SignIn, Strike, db
from tests.visitor import CHEAPEST, PASSWORD

FAILED = "The email or password is not right. Try again or reset your password."
SLOW = "Too many tries. Wait 15 minutes, then try again."
LOCKED = "This sign-in is locked after too many tries."


def attempt(browser, email="ana@example.com", password="not the password", door="/sign-in", **options):
    return browser.submit(door, {"email": email, "password": password}, **options)


def test_a_client_signs_in_and_lands_at_home(client, ana):
    answer = client.sign_in(ana)

    assert answer.status_code == 303
    assert answer.location == "/"
    assert SignIn.get().user == ana


def test_staff_signs_in_at_the_practices_own_door(client, rosa):
    answer = client.sign_in(rosa)

    assert answer.status_code == 303
    assert answer.location.startswith("/practice")
    assert SignIn.get().staff == rosa


def test_the_email_may_have_spaces_and_capitals(client, ana):
    assert attempt(client, "  ANA@Example.com ", PASSWORD).status_code == 303


def test_a_wrong_password_keeps_the_email_and_forgets_the_password(client, ana):
    answer = attempt(client)

    assert answer.status_code == 422
    assert FAILED in answer.text
    assert 'value="ana@example.com"' in answer.text
    assert "not the password" not in answer.text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("nobody@example.com", PASSWORD),
        ("", ""),
        ("ana@example.com", ""),
        ("x" * 5000, "y" * 100_000),
        ("<script>", "' OR 1=1 --"),
        ("ana@example.com\x00", PASSWORD),
    ],
)
def test_whatever_is_not_right_gets_the_same_sentence(client, ana, email, password):
    answer = attempt(client, email, password)

    assert answer.status_code == 422
    assert FAILED in answer.text
    assert "<script>'" not in answer.text


def test_unknown_known_disabled_and_passwordless_people_get_the_same_page(client, ana, app, clock):
    pages = set()
    changes = [{"language": "en"}, {"disabled_at": clock()}, {"disabled_at": None, "password_hash": None}]
    for change in (*changes, {"email": "someone.else@example.com"}):
        type(ana).update(**change).execute()
        page = attempt(app.test_client()).text
        pages.add(re.sub(r'(nonce|value)="[^"]{22,}"', "", page))

    assert len(pages) == 1


def test_a_client_cannot_use_the_practices_door_nor_staff_the_clients(client, ana, rosa):
    assert attempt(client, ana.email, PASSWORD, "/practice/sign-in").status_code == 422
    assert attempt(client, rosa.email, PASSWORD).status_code == 422


@pytest.mark.parametrize("email", ["ana@example.com", "nobody@example.com"])
def test_after_five_failures_even_the_right_password_waits_fifteen_minutes(client, ana, clock, email):
    for _ in range(5):
        assert FAILED in attempt(client, email).text

    assert SLOW in attempt(client, email, PASSWORD).text
    clock.pass_(minutes=15)
    assert attempt(client, email, PASSWORD).status_code == (303 if email == ana.email else 422)


def test_of_many_guesses_at_once_five_are_looked_at(ana, clock):
    together, answers = Barrier(16), []

    def guess():
        with db.connection_context():
            together.wait()
            with pytest.raises((signins.WrongSignIn, signins.SlowDown)) as refused:
                signins.authenticate(type(ana), ana.email, "a guess", clock())
            answers.append(refused.type.__name__)

    threads = [Thread(target=guess) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Counter(answers) == {"WrongSignIn": 5, "SlowDown": 11}
    assert [message.kind for message in Message.select()] == ["mail.tries"]


def test_the_fifth_failure_writes_to_the_person_once(client, ana):
    for _ in range(7):
        attempt(client)

    assert [(message.kind, message.to) for message in Message.select()] == [("mail.tries", ana.email)]


def test_failures_at_an_unknown_address_write_to_nobody(client, ana):
    for _ in range(7):
        attempt(client, "nobody@example.com")

    assert Message.select().count() == 0
    assert Strike.select().where(Strike.who_sha256.contains("nobody")).count() == 0


def test_after_a_hundred_failures_in_a_row_only_a_new_password_opens_it(client, app, ana, clock):
    for email in (ana.email, "nobody@example.com"):
        attempt(client, email)
        first = Strike.select().order_by(Strike.id.desc()).get()
        for _ in range(99):
            Strike.create(what="password", who_sha256=first.who_sha256, at=first.at)
    clock.pass_(days=2)

    answers = [attempt(client, email, PASSWORD) for email in (ana.email, "nobody@example.com")]

    assert [LOCKED in answer.text for answer in answers] == [True, True]
    assert [answer.status_code for answer in answers] == [422, 422]


def test_a_success_forgets_the_failures(client, app, ana):
    for _ in range(4):
        attempt(client)
    client.sign_in(ana)

    assert Strike.select().count() == 0


def test_one_address_may_fail_twenty_times_and_then_waits(client, ana):
    for number in range(20):
        assert attempt(client, f"{number}@example.com").status_code == 422

    answer = attempt(client, "one.more@example.com")

    assert answer.status_code == 429
    assert SLOW in answer.text
    assert client.get("/sign-in").status_code == 200
    assert attempt(client, ana.email, PASSWORD, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 303


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("/history?page=2", "/history?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("\\\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("history", "/"),
        ("", "/"),
    ],
)
def test_after_signing_in_only_an_address_of_this_site_is_next(client, ana, given, used):
    assert client.sign_in(ana, query_string={"next": given}).location == used


def test_someone_signed_in_is_not_asked_again(sign_in, ana):
    assert sign_in(ana).get("/sign-in").location == "/"


def test_success_and_failure_are_in_the_log_without_the_address(client, ana):
    attempt(client)
    client.sign_in(ana)

    logged = [(entry.by, entry.what, entry.result, entry.ip) for entry in AuditEntry.select()]
    assert logged == [
        ("stranger", "sign_in", "signin.fail", "127.0.0.1"),
        (f"user:{ana.id}", "sign_in", "", "127.0.0.1"),
    ]


def test_a_hash_carries_its_own_profile():
    assert passwords.verify(passwords.hash_password("Straße in Köln", CHEAPEST), "Straße in Köln")
    assert not passwords.verify(None, "anything")
