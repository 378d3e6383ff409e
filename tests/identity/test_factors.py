"""Changing one's own ways in: each change is told, noted, and ends every other session."""

from datetime import timedelta

import pyotp
import pytest

from identity import contacts, factors, notices, passkeys, recovery_codes, resets, second_step, signins, totp
from identity.challenges import CodeOver, WrongCode
from identity.contacts import NotAnEmail, NotAPhone, SameEmail
from identity.factors import LastWay
from identity.mailed_codes import EnoughCodes
from identity.passwords import WeakPassword
from models import AuditEntry, Message, OneTimeLink, SignIn, User
from tests.builders import NOW, a_staff_member, a_user
from tests.device import Device
from tests.visitor import equipped

SITE = passkeys.Site.of("http://localhost", "Harbor Fern")
NEW = "seven quiet herons"


@pytest.fixture
def here(ana) -> SignIn:
    """Where she is signed in; there is another browser of hers too."""
    signins.begin(ana, NOW)
    signins.begin(ana, NOW)
    return SignIn.select().order_by(SignIn.id.desc()).get()


def with_passkey(person, here):
    asked = passkeys.ask_to_add(person, SITE, NOW)
    return factors.add_passkey(person, asked.key, Device().create(asked.options), SITE, here, NOW, "Phone")


def running():
    return [row.id for row in SignIn.select().where(SignIn.ended_at.is_null())]


def told():
    return [(row.kind, row.to) for row in Message.select().where(Message.kind == "mail.security")]


def noted():
    return [row.what for row in AuditEntry.select()]


def test_a_new_passkey_is_told_and_ends_the_other_sessions(ana, here):
    passkey = with_passkey(ana, here)

    assert (running(), told()) == ([here.id], [("mail.security", ana.email)])
    entry = AuditEntry.get()
    assert (entry.what, entry.by, entry.subject) == ("passkey.added", f"user:{ana.id}", f"passkey:{passkey.id}")
    assert ana.secured_at is None
    with_passkey(ana, here)
    assert ana.secured_at == NOW


def test_a_passkey_goes_when_two_ways_are_left(ana, here):
    equipped(ana)
    passkey = with_passkey(ana, here)
    factors.remove_passkey(ana, passkey, here, NOW)

    assert passkeys.of(ana) == [] and noted()[-1] == "passkey.removed"


def test_nobody_can_lock_themselves_out(ana, here):
    only = with_passkey(ana, here)
    with pytest.raises(LastWay):
        factors.remove_passkey(ana, only, here, NOW)
    recovery_codes.make(ana, NOW)
    with pytest.raises(LastWay):  # a password and codes on paper are no second step to live with
        factors.remove_passkey(ana, only, here, NOW)
    equipped(ana)
    ana.password_hash = None
    with pytest.raises(LastWay):  # an app, codes, and nothing to begin with
        factors.remove_passkey(ana, only, here, NOW)

    assert passkeys.of(ana) == [only] and "passkey.removed" not in noted()


def test_an_app_goes_when_two_ways_are_left(ana, here):
    equipped(ana)
    with pytest.raises(LastWay):
        factors.remove_app(ana, here, NOW)
    assert totp.standing(ana)

    with_passkey(ana, here)
    factors.remove_app(ana, here, NOW)
    assert totp.standing(ana) is None and noted()[-1] == "app.removed"


def test_a_new_app_counts_after_its_first_code(ana, here):
    begun = totp.start(ana, NOW)
    with pytest.raises(WrongCode):
        factors.confirm_app(ana, begun, "12", here, NOW)
    assert told() == []

    factors.confirm_app(ana, begun, pyotp.TOTP(begun.secret).at(NOW), here, NOW)
    assert (noted(), running()) == (["app.added"], [here.id])


def test_new_codes_are_told(ana, here):
    equipped(ana)
    codes = factors.make_codes(ana, here, NOW)

    assert len(codes) == recovery_codes.left(ana) == 10
    assert noted() == ["codes.made"] and len(told()) == 1


def test_a_new_password_ends_every_session_and_every_open_link(ana, here):
    resets.ask(User, ana.email, NOW)
    resets.reenrol(ana, a_staff_member(role="owner"), NOW)
    with pytest.raises(WeakPassword):
        factors.change_password(ana, "short", NOW)
    assert len(running()) == 2
    factors.change_password(ana, NEW, NOW)

    assert running() == []
    assert [link.used_at for link in OneTimeLink.select()] == [NOW, NOW]
    assert noted()[-1] == "password.changed"


def code_sent() -> str:
    return Message.select().where(Message.kind == "mail.code").order_by(Message.id.desc()).get().values["code"]


def test_a_new_email_is_proved_by_its_code_and_both_addresses_hear_of_it(ana, here):
    key = contacts.ask_email(ana, " Ana.New@Example.com ", NOW)
    assert Message.get().to == "ana.new@example.com" and ana.email == "ana@example.com"
    with pytest.raises(WrongCode):
        contacts.confirm_email(ana, key, "x", here, NOW)

    contacts.confirm_email(ana, key, code_sent(), here, NOW)

    assert User.get_by_id(ana.id).email == "ana.new@example.com"
    assert told() == [("mail.security", "ana.new@example.com"), ("mail.security", "ana@example.com")]
    assert (noted(), running()) == (["email.changed"], [here.id])


@pytest.mark.parametrize(
    ("typed", "refusal"),
    [("", NotAnEmail), ("ana", NotAnEmail), ("a@b@c.com", NotAnEmail), ("ANA@example.com", SameEmail)],
)
def test_what_is_no_new_email_is_refused(ana, typed, refusal):
    with pytest.raises(refusal):
        contacts.ask_email(ana, typed, NOW)
    assert Message.select().count() == 0


def test_an_address_of_somebody_else_gets_no_code_and_nobody_hears_so(ana, rosa, here):
    a_user("Ben Okafor-Demo", email="ben@example.com")
    assert contacts.ask_email(ana, "ben@example.com", NOW) and Message.select().count() == 0

    contacts.ask_email(ana, rosa.email, NOW)  # of staff, who sign in elsewhere
    assert Message.get().to == rosa.email


def test_an_address_that_somebody_takes_meanwhile_stays_theirs(ana, here):
    key = contacts.ask_email(ana, "new@example.com", NOW)
    a_user("Ben Okafor-Demo", email="new@example.com")
    with pytest.raises(CodeOver):
        contacts.confirm_email(ana, key, code_sent(), here, NOW)


def test_a_code_is_for_whoever_asked(ana, here):
    key = contacts.ask_email(ana, "new@example.com", NOW)
    with pytest.raises(CodeOver):
        contacts.confirm_email(a_user("Ben Okafor-Demo"), key, code_sent(), here, NOW)


def test_three_codes_an_hour(ana):
    for number in range(3):
        contacts.ask_email(ana, f"new{number}@example.com", NOW)
    with pytest.raises(EnoughCodes):
        contacts.ask_email(ana, "new@example.com", NOW)
    contacts.ask_email(ana, "new@example.com", NOW + timedelta(hours=1))


def test_a_phone_has_ten_numbers_or_none(ana, here):
    contacts.change_phone(ana, "312 555 0188", here, NOW)
    assert User.get_by_id(ana.id).phone == "(312) 555-0188" and noted() == ["phone.changed"]
    with pytest.raises(NotAPhone):
        contacts.change_phone(ana, "12", here, NOW)
    contacts.change_phone(ana, " ", here, NOW)
    assert User.get_by_id(ana.id).phone == "" and len(told()) == 2


def test_a_notice_names_a_day_in_the_readers_language(ana):
    ana.language = "es"
    notices.tell(ana, NOW)

    (letter,) = Message.select()
    assert (letter.language, letter.values) == ("es", {"date": "20 de noviembre de 2026"})


def test_staff_change_theirs_the_same_way(rosa):
    signins.begin(rosa, NOW)
    equipped(rosa)
    factors.make_codes(rosa, SignIn.get(), NOW)

    assert AuditEntry.get().by == f"staff:{rosa.id}" and told() == [("mail.security", rosa.email)]
    assert second_step.two_stand(a_staff_member("Ivo Lindqvist-Demo")) is False
