"""What is past its time goes by itself; what law keeps stays; an erased login leaves the books and nobody's name."""

from dataclasses import replace
from datetime import timedelta

import pytest
from peewee import IntegrityError, InternalError

from billing import cards, deliveries
from billing.audit import note
from billing.consents import agree_to_keep_card
from billing.messages import queue
from choices import LinkPurpose
from gateways import Nonce
from identity import erasing, keeping, passkeys, recovery_codes, signins, totp
from models import (
    AuditEntry,
    Challenge,
    Invite,
    Link,
    Message,
    Notice,
    OneTimeLink,
    Passkey,
    Payment,
    RecoveryCode,
    SavedCard,
    SignIn,
    Totp,
    User,
    WebhookDelivery,
)
from tests import builders as the
from tests.builders import NOW
from tests.sandbox.fixtures import faults, gateway, sandbox_server  # noqa: F401

MONTH, LATER = timedelta(days=31), NOW + timedelta(days=400)


@pytest.fixture
def settings(settings, sandbox_server):  # noqa: F811
    return replace(settings, gateway_port=sandbox_server.port)


@pytest.fixture
def run(app, gateway):  # noqa: F811
    app.extensions["gateway"] = gateway
    return lambda *words, **options: app.test_cli_runner().invoke(args=list(words), **options)


@pytest.fixture
def dana(practice):
    return the.ana()


@pytest.fixture
def card_of(gateway, sandbox_server):  # noqa: F811
    """A card the vault holds too: `card_of(dana, at)`; `at` is when it was kept."""

    def keep(person, at):
        held = gateway.save_card(person.user.vault_id, Nonce(sandbox_server.pick("visa"))).card
        return cards.keep(person.user, held, agree_to_keep_card(person.user, "en", "", "test", at))

    return keep


def an_invite(person, **facts):
    by = the.a_staff_member()
    about = {"token_sha256": "t", "code_sha256": "c", "made_by": by, "created_at": NOW, "expires_at": NOW}
    said = {"name": "Ana", "email": person.user.email, "phone": "312", "role": "self", "rights": ["pay"]}
    return Invite.create(account=person.account, **{**about, **said, **facts})


def a_link(person, at=NOW):
    about = {"token_sha256": f"l{at}", "purpose": LinkPurpose.RESET, "created_at": at, "expires_at": at}
    return OneTimeLink.create(user=person.user, **about)


def test_what_ended_a_month_ago_goes_and_what_ended_lately_stays(dana, gateway):  # noqa: F811
    for at in (NOW - MONTH, NOW):
        signins.begin(dana.user, at)
        Challenge.create(purpose="confirm_email", created_at=at, expires_at=at)
        a_link(dana, at)
    an_invite(dana, expires_at=NOW - MONTH, token_sha256="old")
    an_invite(dana, expires_at=NOW - MONTH, used_at=NOW - MONTH, token_sha256="used")
    an_invite(dana, expires_at=NOW)

    assert keeping.sweep(gateway, NOW) == 4

    assert [model.select().count() for model in (SignIn, Challenge, OneTimeLink, Invite)] == [1, 1, 1, 2]
    assert keeping.sweep(gateway, NOW) == 0


def test_announcements_shrink_to_their_digest_after_ninety_days(practice, gateway, monkeypatch):  # noqa: F811
    news = {"kind": "disbursement", "subject_id": "dsb", "transaction_id": "trx", "facts": {"amount": 1}}
    heard = the.a_notification(NOW, done_at=NOW, **news)
    the.a_notification(NOW, done_at=NOW, payload_sha256="another", **news)
    the.a_notification(NOW, **news)

    assert keeping.sweep(gateway, NOW + timedelta(days=89)) == 0
    monkeypatch.setattr(keeping, "AT_ONCE", 1)
    assert keeping.sweep(gateway, NOW + timedelta(days=91)) == 2
    assert keeping.sweep(gateway, NOW + timedelta(days=92)) == 0

    kept = WebhookDelivery.get_by_id(heard.id)
    assert (kept.kind, kept.subject_id, kept.transaction_id, kept.facts) == ("", "", "", {})
    assert (kept.payload_sha256, kept.received_at) == (heard.payload_sha256, NOW)
    assert deliveries.last_heard(NOW, timedelta(days=1))


@pytest.mark.parametrize(
    "change",
    [
        {"kind": ""},
        {"facts": {}, "kind": "", "subject_id": "", "transaction_id": "", "payload_sha256": "another"},
        {"facts": {"amount": 2}},
    ],
    ids=str,
)
def test_nothing_but_its_emptying_touches_an_announcement(practice, change):
    the.a_notification(NOW, done_at=NOW, kind="disbursement", subject_id="dsb", facts={"amount": 1})

    with pytest.raises((IntegrityError, InternalError), match="never changes"):
        WebhookDelivery.update(change).execute()


def test_an_announcement_that_waits_is_not_emptied(practice):
    the.a_notification(NOW, kind="disbursement")

    with pytest.raises((IntegrityError, InternalError), match="never changes"):
        WebhookDelivery.update(kind="", subject_id="", transaction_id="", facts={}).execute()


def test_a_card_nobody_paid_with_for_thirteen_months_leaves_the_vault(dana, gateway, card_of):  # noqa: F811
    idle, busy, new = card_of(dana, NOW), card_of(dana, NOW), card_of(dana, LATER)
    the.an_attempt(dana, (the.a_charge(dana), "1.00"), state="declined", saved_card=busy, created_at=LATER)

    assert keeping.sweep(gateway, LATER) == 1

    assert {card.token for card in gateway.cards(dana.user.vault_id)} == {busy.token, new.token}
    assert SavedCard.get_by_id(idle.id).removed_at == LATER
    assert [card.main for card in cards.cards(dana.user)] == [True, False]
    assert AuditEntry.get(AuditEntry.what == "card.forgotten").subject == f"user:{dana.user.id}"


def test_one_card_that_stays_does_not_keep_the_others(dana, gateway, card_of, faults):  # noqa: F811
    cards_of = [card_of(dana, NOW) for _ in range(5)]
    faults(f"DELETE .*{cards_of[0].token}", "status", times=9, status=500)
    assert keeping.sweep(gateway, LATER) == 4
    assert [card.token for card in cards.cards(dana.user)] == [cards_of[0].token]


def test_a_processor_that_is_away_is_not_asked_about_every_card(dana, gateway, card_of, sandbox_server, faults):  # noqa: F811
    for _ in range(5):
        card_of(dana, NOW)
    faults("DELETE .*", "drop", times=3)
    assert keeping.sweep(gateway, LATER) == 0
    assert len(cards.cards(dana.user)) == 5


def test_an_email_goes_ninety_days_after_it_was_sent_or_given_up(practice, gateway):  # noqa: F811
    old, lately = NOW - timedelta(days=91), NOW - timedelta(days=89)
    for facts in ({"sent_at": old}, {"failed_at": old}, {"sent_at": lately}, {"failed_at": lately}, {}):
        Message.create(kind="mail.receipt", to="former@example.com", created_at=old, **facts)

    assert keeping.sweep(gateway, NOW) == 2

    assert [(row.sent_at, row.failed_at) for row in Message.select()] == [(lately, None), (None, lately), (None, None)]


def test_news_go_ninety_days_after_somebody_read_them(practice, gateway):  # noqa: F811
    old, lately = NOW - timedelta(days=91), NOW - timedelta(days=89)
    for read_at in (old, lately, None):
        Notice.create(kind="notice.payment", at=old, read_at=read_at)

    assert keeping.sweep(gateway, NOW) == 1

    assert [row.read_at for row in Notice.select().order_by(Notice.id)] == [lately, None]


@pytest.mark.parametrize("model", [SignIn, Invite, Passkey])
def test_an_id_that_the_log_names_never_comes_again(dana, model):
    def make():
        signins.begin(dana.user, NOW)
        Passkey.create(user=dana.user, credential_id="c", public_key=b"k", created_at=NOW)
        an_invite(dana)
        return model.get().id

    before = make()
    for each in (SignIn, Invite, Passkey):
        each.delete().execute()

    assert make() == before + 1


def test_when_the_processor_is_away_the_card_goes_another_day(dana, gateway, card_of, faults):  # noqa: F811
    card = card_of(dana, NOW)
    faults("DELETE .*", "drop")
    assert keeping.sweep(gateway, LATER) == 0
    assert SavedCard.get_by_id(card.id).removed_at is None

    assert keeping.sweep(gateway, LATER) == 1


def test_the_command_says_what_stays_and_what_is_past_its_time(run, practice, clock):
    note("system", "task.done", "task:1", NOW - timedelta(days=7 * 365))

    said = run("keeping").output

    assert "  30 days    sessions that ended, and counts of wrong tries\n" in said
    assert "  13 months  saved cards that nobody paid with\n" in said
    assert "  6 years    activity log: 1 past that\n" in said
    assert "  10 years   ledger: nothing past that\n" in said
    assert AuditEntry.select().count() == 1


def everything_of(dana, gateway, card_of):  # noqa: F811
    """Dana with everything a login can have."""
    card = card_of(dana, NOW)
    paid = the.a_paid(the.a_charge(dana))
    signins.begin(dana.user, NOW, ip="192.0.2.7", agent="Firefox")
    totp.start(dana.user, NOW)
    recovery_codes.make(dana.user, NOW)
    Passkey.create(user=dana.user, credential_id="c", public_key=b"k", created_at=NOW)
    a_link(dana)
    an_invite(dana, user=dana.user, used_at=NOW)
    ben = the.ben().user.email
    for to in (dana.user.email, "Moms@example.com", "moms@example.com", ben):
        queue("mail.receipt", to, "en", NOW)
    attempt = the.an_attempt(dana, (the.a_charge(dana), "1.00"), state="declined", receipt_email="moms@example.com")
    the.an_attempt(dana, (the.a_charge(dana), "1.00"), state="declined", receipt_email=ben.upper())
    User.update(phone="312-555-0199", amounts_in_mail=True).where(User.id == dana.user.id).execute()
    return card, paid, attempt


def test_an_erased_login_leaves_the_books_and_no_name(run, dana, gateway, card_of):  # noqa: F811
    card, paid, attempt = everything_of(dana, gateway, card_of)
    name, email = dana.user.name, dana.user.email

    said = run("erase-login", email.upper(), "--yes")

    assert said.output == f"The login is erased. In the log and on the books it is user:{dana.user.id}.\n"
    gone = User.get_by_id(dana.user.id)
    assert (gone.name, gone.phone, gone.password_hash, gone.told_of) == ("Erased login", "", None, [])
    assert gone.disabled_at and gone.anonymised_at and not gone.amounts_in_mail
    assert [model.select().count() for model in (Passkey, Totp, RecoveryCode, OneTimeLink)] == [0] * 4
    assert [row.to for row in Message.select()] == [User.get(User.name.startswith("Ben")).email]
    assert SignIn.select().where(SignIn.ended_at.is_null()).count() == 0
    assert Link.get(Link.user == gone).ended_at
    assert gateway.cards(gone.vault_id) == () and SavedCard.get_by_id(card.id).removed_at
    assert Payment.get_by_id(paid.id).amount == paid.amount
    for model in (User, Invite, Message, SignIn, type(attempt)):
        rows = repr(list(model.select().tuples()))
        assert email not in rows and name not in rows and "312-555" not in rows and "192.0.2.7" not in rows
    assert not passkeys.of(gone)


def test_erasing_twice_changes_nothing_and_a_stranger_is_named(run, dana, gateway):  # noqa: F811
    erasing.erase(dana.user, gateway, NOW)
    before = AuditEntry.select().count()

    erasing.erase(User.get_by_id(dana.user.id), gateway, NOW)

    assert AuditEntry.select().count() == before
    assert "No client signs in with this address." in run("erase-login", "nobody@example.com", "--yes").output


def test_a_login_whose_payment_is_on_its_way_is_not_erased(run, dana):
    the.an_attempt(dana, (the.a_charge(dana), "1.00"))

    said = run("erase-login", dana.user.email, "--yes")

    assert said.exit_code == 1 and "A payment of this person is on its way" in said.output
    assert User.get_by_id(dana.user.id).anonymised_at is None


def test_a_payment_that_begins_while_cards_go_stops_the_erasing(dana, card_of, gateway, monkeypatch):  # noqa: F811
    card_of(dana, NOW)
    forget = gateway.delete_card

    def forget_and_pay(token):
        forget(token)
        the.an_attempt(dana, (the.a_charge(dana), "1.00"))

    monkeypatch.setattr(gateway, "delete_card", forget_and_pay)

    with pytest.raises(erasing.StillPaying):
        erasing.erase(dana.user, gateway, NOW)
    assert User.get_by_id(dana.user.id).anonymised_at is None


def test_a_login_stays_whole_while_a_card_cannot_be_removed(run, dana, card_of, faults):  # noqa: F811
    card_of(dana, NOW)
    faults("DELETE .*", "drop")

    said = run("erase-login", dana.user.email, "--yes")

    assert said.exit_code == 1 and "did not answer" in said.output
    assert Link.get(Link.user == dana.user).ended_at is None
