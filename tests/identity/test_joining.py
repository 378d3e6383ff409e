"""The pages of the way in: what they say, in both languages, to whoever is right, wrong, late or only guessing."""

import logging
import re

import pytest
from html5lib import HTMLParser

import words
from identity import invites
from identity.invites import contact
from models import Invite, Message, Strike, db
from tests import builders as the
from tests.identity.newcomer import Newcomer, an_invite, heading

FAIL = "Those details do not match. Check them, or call (312) 555-0100."
LOCKED = "Too many tries. Call (312) 555-0100 for a new code."
EXPIRED = "This link is too old. Ask your therapist for a new one."
WRONG = [{"fact": fact} for fact in ("XX", "0143", "other@example.com", "x" * 5000)] + [
    {"code": "abc"},
    {"code": "1" * 9},
]
ON_FILE = ("maria@example.com", "555-0142", "0142", "Delgado", "María")


@pytest.fixture
def account(practice):
    return the.an_account("María Delgado-Demo", the.a_client("María Delgado-Demo"))


@pytest.fixture
def maria(account, rosa, client):
    return Newcomer(client, an_invite(account, rosa))


def same(page: str) -> str:
    """A page without what is new each time or was typed."""
    page = re.sub(r'(nonce|value)="[^"]*"', "", page)
    return re.sub(r"\S{7,}\.css", "", page)


def wrong_code(invited) -> str:
    return f"{(int(invited.code) + 1) % 10**6:06}"


def test_the_private_link_asks_for_one_fact_and_the_code_and_shows_nothing(maria):
    page = maria.browser.get(maria.link)

    assert heading(page) == "First, show us it is you"
    assert not any(fact in page.text for fact in ON_FILE)
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"


def test_whatever_is_wrong_at_the_private_link_the_answer_is_one(maria):
    for guess in WRONG:
        answer = maria.checks_in(**guess)
        assert (answer.status_code, FAIL in answer.text) == (422, True)
        assert not any(fact in answer.text for fact in ON_FILE)
        Invite.update(tries=0).execute()


def test_whatever_is_wrong_at_the_shared_page_the_answer_is_one(maria):
    maria.browser.get("/start")
    guesses = [
        {"contact": "nobody@example.com"}, {"contact": "(312) 555-0199"}, {"initials": "XX"}, {"initials": "🙂"},
        {"code": wrong_code(maria.invited)}, {"contact": "\x00", "code": "٣٤٥٦٧٨"}, {"contact": "@"},
    ]  # fmt: skip
    answers = [maria.checks_in_shared(**{"contact": f"{at}@example.com", **guess}) for at, guess in enumerate(guesses)]

    assert {answer.status_code for answer in answers} == {422}
    assert len({same(answer.text) for answer in answers}) == 1
    assert FAIL in answers[0].text


def test_a_field_left_empty_is_no_guess(maria):
    assert "Enter your email, your initials, or the last 4" in maria.checks_in(fact=" ").text
    assert "Enter your initials" in maria.checks_in_shared(initials="").text
    assert Invite.get().tries == Strike.select().count() == 0


def test_known_and_unknown_lock_at_the_same_guess_with_the_same_page(maria, app):
    pages = []
    for address in ("maria@example.com", "nobody@example.com"):
        guesser = Newcomer(app.test_client(), maria.invited)
        found = [guesser.checks_in_shared(contact=address, code=wrong_code(maria.invited)) for _ in range(6)]
        pages.append([(answer.status_code, same(answer.text)) for answer in found])

    assert pages[0] == pages[1]
    assert LOCKED in pages[0][4][1]
    assert LOCKED not in pages[0][3][1]


def test_a_locked_link_says_whom_to_call_and_a_renewed_one_goes_on(maria, rosa, clock):
    answers = [maria.checks_in(code="1") for _ in range(6)]
    assert [LOCKED in answer.text for answer in answers] == [False] * 4 + [True] * 2
    assert LOCKED in maria.browser.get(maria.link).text

    maria.invited = invites.renew(Invite.get(), rosa, clock())
    assert maria.checks_in().location == "/start/email"


def test_dead_links_cannot_be_told_apart(maria, rosa, clock, app):
    used, revoked, replaced, made_up = [an_invite(Invite.get().account, rosa) for _ in range(3)] + [maria.invited]
    Invite.update(used_at=clock()).where(Invite.id == used.invite.id).execute()
    invites.revoke(revoked.invite, rosa, clock())
    invites.renew(replaced.invite, rosa, clock())
    tokens = [used.token, revoked.token, replaced.token, "x" * 43]
    clock.pass_(days=7)

    answers = [app.test_client().get(f"/join/{token}") for token in (*tokens, made_up.token)]
    posted = maria.browser.submit(f"/join/{made_up.token}", {"fact": "MDD", "code": made_up.code})
    assert {answer.status_code for answer in (*answers, posted)} == {404}
    assert len({same(answer.text) for answer in (*answers, posted)}) == 1
    assert EXPIRED in posted.text


def test_twenty_wrong_guesses_from_one_network_close_both_ways_for_an_hour(maria, clock):
    for number in range(20):
        maria.checks_in_shared(contact=f"{number}@example.com", code="1")

    for knock in (maria.checks_in, maria.checks_in_shared):
        answer = knock()
        assert (answer.status_code, "You did this many times." in answer.text) == (429, True)
    clock.pass_(hours=1)
    assert maria.checks_in_shared().location == "/start/email"


def test_a_spanish_invitation_is_spanish_to_the_end(account, rosa, client):
    maria = Newcomer(client, an_invite(account, rosa, language="es"))
    link = Message.get().values["join_url"]
    assert heading(client.get(link)) == "Primero, confirme que es usted"
    client.submit(link, {"fact": "MDD", "code": maria.invited.code})

    said = [heading(client.get("/start/email"))]
    for do in (maria.confirms_email, maria.chooses_password, maria.confirms_app, maria.saves_codes):
        said.append(heading(client.get(do().location)))
    maria.finishes()
    assert said == [
        "Revise su correo", "¿Cómo quiere iniciar sesión?", "Agregue un segundo paso", "Guarde sus códigos de respaldo",
        "Privacidad y mensajes",
    ]  # fmt: skip
    assert maria.user.language == "es"
    assert "Todo listo. Aquí está su cuenta." in client.get("/").text


@pytest.mark.parametrize("language", words.LANGUAGES)
def test_every_page_is_sound_html(maria, language):
    maria.browser.set_cookie("language", language)
    pages = [maria.browser.get(path) for path in (maria.link, "/start", "/join/made-up")]
    for do in (maria.checks_in, maria.confirms_email, maria.chooses_password, maria.confirms_app):
        pages.append(maria.browser.get(do().location))
    pages.append(maria.sends("/start/codes"))
    pages += [maria.browser.get(maria.sends("/start/codes/saved").location), maria.sends("/start/last")]

    for page in pages:
        HTMLParser(strict=True, namespaceHTMLElements=False).parse(page.text)
        assert f'<html lang="{language}">' in page.text
        assert page.text.count("<h1>") == 1
        assert not re.search(r"\{\w+\}|\b(join|start|mfa)\.[a-z]", re.sub(r'="[^"]*"', "", page.text))


def test_the_code_is_in_no_letter_and_the_token_in_no_log(maria, caplog):
    with caplog.at_level(logging.DEBUG):
        maria.browser.get(maria.link)
        maria.checks_in(code="1")
        maria.checks_in()

    assert maria.invited.code not in str([message.values for message in Message.select()])
    assert "/join/<token>" in caplog.text
    assert maria.invited.token not in caplog.text
    assert maria.invited.code not in caplog.text


def test_a_page_that_breaks_keeps_the_token_out_of_the_log(maria, app, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE invite RENAME TO gone")

    assert maria.browser.get(maria.link).status_code == 500
    db.execute_sql("ALTER TABLE gone RENAME TO invite")
    assert maria.invited.token not in caplog.text


def test_the_sign_in_page_leads_newcomers_here_and_staffs_does_not(client, practice):
    assert 'href="/start"' in client.get("/sign-in").text
    assert 'href="/start"' not in client.get("/practice/sign-in").text


def test_an_expired_invitation_becomes_a_task_by_itself(maria, app, clock):
    clock.pass_(days=7)

    assert app.extensions["jobs"].run_due()["tell of invitations that ran out"] == 1


def test_a_contact_is_compared_without_its_dress():
    assert [contact(text) for text in (" A@B.c ", "+1 (312) 555-0142", "0142", "")] == [
        "a@b.c", "3125550142", "0142", "",
    ]  # fmt: skip
