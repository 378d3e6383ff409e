"""What a client hears of by email: only what they chose, an amount only with their consent, nothing that is over."""

import pytest

import mail
from billing import invoices
from billing.messages import queue, send_receipt, tell_of_bill
from identity import texts
from identity.second_step import Factor
from models import AuditEntry, Consent, Link, Message, User, db
from tests import builders as the
from tests.builders import NOW
from words import sentences

ALL = ["bill", "due", "receipt"]
SIGN_IN = "Sign in to see it: http://localhost"


@pytest.fixture
def choosy(dana):
    """Sets what this user chose, past the page."""

    def choosy(**chosen):
        User.update(**chosen).where(User.id == dana.user.id).execute()
        return User.get_by_id(dana.user.id)

    return choosy


@pytest.fixture
def posted(settings):
    """Send what waits; returns the first lines of the letters that went out."""

    def posted():
        letters = []
        mail.deliver_due(NOW, settings, letters.append)
        return [letter.get_content().splitlines()[0] for letter in letters]

    return posted


def boxes(page):
    return [box.get("value") for box in page.all("input") if box.get("type") == "checkbox" and "checked" in box.attrib]


def test_the_page_shows_what_holds_now(reads, dana, choosy):
    choosy(told_of=["bill"], amounts_in_mail=True, language="es")
    page = reads(dana).open("/messages")
    assert page.h1 == "Mensajes sobre su cuenta"
    assert boxes(page) == ["bill", "on", "y"]  # of sign-in changes one always hears
    assert page.fields("/messages").getlist("speak") == ["es"]
    assert "security" not in page.fields("/messages")


def test_choices_are_kept_and_logged_old_to_new(reads, dana):
    browser = reads(dana)
    page = browser.send(browser.open("/messages"), "/messages", kinds=["receipt"], speak="es")
    assert "Guardamos sus preferencias." in page.text
    user = User.get_by_id(dana.user.id)
    assert (user.told_of, user.language, user.amounts_in_mail) == (["receipt"], "es", False)
    assert [(row.what, row.detail) for row in AuditEntry.select() if row.what.startswith("user.")] == [
        ("user.told_of", f"{ALL} -> ['receipt']"), ("user.language", "en -> es"),
    ]  # fmt: skip


def test_consent_to_amounts_is_kept_word_for_word_each_time_it_is_given(reads, dana):
    browser = reads(dana)
    for ticked in ("y", "y", None, "y"):
        browser.send(browser.open("/messages"), "/messages", amounts=ticked)
    given = list(Consent.select())
    assert [(row.kind, row.text) for row in given] == [
        ("amounts_in_mail", "Put the amount in my emails. Other people may read your email.")
    ] * 2
    assert (given[0].user, given[0].language, given[0].at, given[0].ip) == (dana.user, "en", NOW, "127.0.0.1")


@pytest.mark.parametrize("sent", [{"kinds": ["gossip"], "speak": "en"}, {"kinds": ALL, "speak": "fr"}, {"kinds": ALL}])
def test_what_the_page_does_not_offer_is_refused(sign_in, dana, sent):
    assert sign_in(dana.user).submit("/messages", sent).status_code == 422
    assert User.get_by_id(dana.user.id).told_of == ALL


def test_who_wants_to_hear_of_no_bill_hears_of_none(dana, choosy):
    the.a_charge(dana)
    choosy(told_of=["receipt"])
    assert invoices.issue_ready(the.TODAY, the.stamp()) == 1
    assert Message.select().count() == 0


def test_a_notice_is_neutral_unless_amounts_were_wished_for(dana, choosy, posted):
    the.a_charge(dana, fee="150.00")
    for wished in (False, True):
        tell_of_bill(choosy(amounts_in_mail=wished), dana.account, NOW)
    assert posted() == [f"You have a new bill. You owe $150.00. {SIGN_IN}"] * 2  # as it is wished when it is sent

    tell_of_bill(choosy(amounts_in_mail=False), dana.account, NOW, "mail.due")
    assert posted() == [f"You have a bill to pay. {SIGN_IN}"]


def test_a_practice_that_hides_the_balance_hides_it_in_emails_too(dana, choosy, posted):
    the.a_charge(dana)
    the.the_practice(show_balance=False)
    tell_of_bill(choosy(amounts_in_mail=True), dana.account, NOW)
    assert posted() == [f"You have a new bill. {SIGN_IN}"]


def test_a_notice_that_came_to_nothing_is_not_sent(dana, choosy, posted):
    charge = the.a_charge(dana)
    link, user = Link.get(Link.user == dana.user), dana.user
    over = {
        "paid": lambda: the.a_paid(charge),
        "unlinked": lambda: Link.update(ended_at=NOW).where(Link.id == link.id).execute(),
        "unlinked from bills": lambda: Link.update(rights=["balance", "pay"]).where(Link.id == link.id).execute(),
        "not wanted": lambda: choosy(told_of=[]),
        "disabled": lambda: choosy(disabled_at=NOW),
        "elsewhere": lambda: choosy(email="new@example.com"),
    }
    for why in ("disabled", "elsewhere", "not wanted", "unlinked from bills", "unlinked", "paid"):
        with db.atomic() as undone:
            tell_of_bill(user, dana.account, NOW)
            over[why]()
            assert posted() == [], why
            assert Message.select().count() == 0
            undone.rollback()


def test_a_receipt_names_the_amount_only_to_who_agreed_and_only_at_home(dana, choosy, posted):
    user = choosy(amounts_in_mail=True)
    for to in (user.email, user.email.upper(), "friend@example.com"):
        send_receipt(user, to, "en", 150_00, NOW)
    rest = "Sign in to see your receipt: http://localhost"
    own = f"We got your payment of $150.00. {rest}"
    assert posted() == [own, own, f"We got your payment. {rest}"]

    send_receipt(user, user.email, "en", 150_00, NOW)
    choosy(amounts_in_mail=False)
    assert posted() == [f"We got your payment. {rest}"]


def test_an_amount_never_goes_where_its_user_moved_away_from(dana, choosy, posted):
    send_receipt(choosy(amounts_in_mail=True), dana.user.email, "en", 150_00, NOW)
    choosy(email="new@example.com")
    assert "$" not in posted()[0]


def test_changes_of_sign_in_are_always_told(dana, choosy, posted):
    choosy(told_of=[])
    queue("mail.security", dana.user.email, "en", NOW, date="Nov 20, 2026")
    assert len(posted()) == 1


def test_who_wants_no_receipts_finds_no_address_filled_in(reads, dana, choosy):
    charge = the.a_charge(dana)
    checkout = f"/pay/checkout?way=one&charge={charge.key}"
    assert reads(dana).open(checkout).fields("/pay")["receipt_email"] == dana.user.email
    choosy(told_of=["bill"])
    assert reads(dana).open(checkout).fields("/pay")["receipt_email"] == ""


def test_nothing_offers_texts_while_no_vendor_is_connected(reads, dana):
    assert texts.VENDORS == {}
    assert not any("sms" in factor or "text" in factor for factor in Factor)
    browser = reads(dana)
    for url in ("/messages", "/account"):
        page = browser.open(url).text
        assert not [key for key in ("notif.sms", "notif.verify") if sentences()[key]["en"] in page]
