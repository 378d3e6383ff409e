"""Links that work once: a forgotten password, everything lost, the first day of a new colleague."""

import re
from datetime import timedelta

import pytest

from choices import LinkPurpose
from identity import passkeys, passwords, resets, second_step, signins, totp
from identity.passwords import WeakPassword
from identity.resets import AskedTooOften, LinkOver
from models import AuditEntry, Message, OneTimeLink, SignIn, Staff, Strike, User
from tests.builders import NOW, a_staff_member, ben
from tests.device import Device
from tests.visitor import HASH, PASSWORD, equipped

NEW = "seven quiet herons"
LATER = NOW + timedelta(minutes=1)


def asked(address="ana@example.com", kind=User, now=NOW, ip="203.0.113.9") -> str:
    """The token that went out, or nothing."""
    before = {row.id for row in Message.select()}
    resets.ask(kind, address, now, ip=ip)
    sent = [row for row in Message.select() if row.id not in before]
    return sent[0].values["reset_url"].rpartition("/")[2] if sent else ""


def chosen(token, password=NEW, kind=User, now=LATER):
    return resets.use(resets.find(kind, token, now), password, now)


def is_over(token, kind=User, now=LATER):
    with pytest.raises(LinkOver):
        resets.find(kind, token, now)
    return True


def test_a_link_takes_a_new_password_and_ends_what_was_open(ana):
    equipped(ana)
    signins.begin(ana, NOW)
    for _ in range(3):
        signins.strike("password", "User:ana@example.com", NOW)
    token = asked(" ANA@example.com ")

    assert chosen(token) == ana

    assert passwords.verify(User.get_by_id(ana.id).password_hash, NEW)
    assert SignIn.select().where(SignIn.ended_at.is_null()).count() == 0
    assert Strike.select().where(Strike.what == "password").count() == 0
    assert [(row.kind, row.to) for row in Message.select()] == [
        ("mail.reset", ana.email), ("mail.security", ana.email),
    ]  # fmt: skip
    assert [(row.what, row.by, row.subject) for row in AuditEntry.select()] == [
        ("reset.made", f"user:{ana.id}", f"user:{ana.id}"), ("password.reset", f"user:{ana.id}", f"user:{ana.id}"),
    ]  # fmt: skip


def test_the_second_step_stays_as_it_was(ana):
    equipped(ana)
    ways = second_step.ways(ana)
    chosen(asked())

    assert second_step.ways(ana) == ways and User.get_by_id(ana.id).secured_at


def test_only_the_hash_of_a_link_is_kept(ana):
    token = asked()

    assert len(token) == 43
    assert token not in repr(list(OneTimeLink.select().tuples()))


def test_looking_uses_nothing_up_and_using_does(ana):
    token = asked()
    first, second = (resets.find(User, token, LATER) for _ in range(2))
    resets.use(first, NEW, LATER)

    assert is_over(token)
    with pytest.raises(LinkOver):
        resets.use(second, NEW, LATER)


def test_a_link_is_over_after_thirty_minutes_and_when_a_newer_one_is_out(ana):
    old = asked()
    new = asked()

    assert is_over(old) and is_over(new, now=NOW + timedelta(minutes=30))
    assert resets.find(User, new, NOW + timedelta(minutes=29, seconds=59))


def test_a_weak_password_leaves_the_link_good(ana):
    token = asked()
    with pytest.raises(WeakPassword):
        chosen(token, "ana-delgado")
    with pytest.raises(WeakPassword):
        chosen(token, "Delgado 1990 x")

    assert chosen(token) == ana


def test_a_link_for_a_client_opens_nothing_for_staff_and_none_for_who_is_switched_off(ana, rosa):
    token, of_staff = asked(), asked(rosa.email, Staff)
    assert is_over(token, Staff) and is_over(of_staff, User)
    ana.disabled_at = NOW
    ana.save()

    assert is_over(token) and is_over("made up")
    assert Message.get(Message.to == rosa.email).values["reset_url"] == f"/practice/reset/{of_staff}"


def test_nobody_learns_whether_somebody_has_an_address(practice, ana):
    ghost = ben().user  # invited once, never came: no password, no second step
    off = User.create(name="Off", email="off@example.com", password_hash=HASH, disabled_at=NOW)

    assert [asked(address) for address in ("nobody@example.com", ghost.email, off.email)] == ["", "", ""]


@pytest.mark.parametrize("address", ["ana@example.com", "nobody@example.com"])
def test_three_links_an_hour_for_an_address_known_or_not(ana, address):
    *_, newest = (asked(address) for _ in range(3))
    end = NOW + resets.LASTS[LinkPurpose.RESET]
    assert asked(address, now=end - timedelta(seconds=1)) == ""  # as if sent, and the newest goes on to work
    assert not newest or resets.find(User, newest, end - timedelta(seconds=1))
    with pytest.raises(AskedTooOften):
        asked(address, now=end)
    assert bool(asked(address, now=NOW + timedelta(hours=1))) == (address == ana.email)


def test_a_stranger_who_asks_for_every_link_leaves_one_that_works_and_opens_what_is_locked(ana):
    for minutes in range(0, 20 * 15, 15):
        for _ in range(5):
            signins.strike("password", "User:ana@example.com", NOW + timedelta(minutes=minutes))
    with pytest.raises(signins.Locked):
        signins.authenticate(User, ana.email, PASSWORD, LATER)
    *_, newest = (asked(ip="198.51.100.7") for _ in range(3))
    assert asked() == ""

    assert chosen(newest) == ana

    assert signins.authenticate(User, ana.email, NEW, LATER) == ana
    assert asked(now=LATER)  # as many as before


def test_ten_links_an_hour_from_one_network(ana):
    for number in range(10):
        asked(f"someone{number}@example.com", ip=f"2001:db8::{number + 1}")
    with pytest.raises(AskedTooOften):
        asked(ip="2001:db8::77")

    assert asked(ip="2001:db8:1::1") and not Message.select().where(Message.to != ana.email).exists()


def test_whoever_lost_everything_begins_anew_and_their_cards_wait_a_day(ana):
    equipped(ana)
    device, site = Device(), passkeys.Site.of("http://localhost", "x")
    adding = passkeys.ask_to_add(ana, site, NOW)
    passkeys.add(ana, adding.key, device.create(adding.options), site, NOW)
    mara = a_staff_member("Mara Ellison-Demo", role="owner")
    forgotten, old = asked(), resets.reenrol(ana, mara, NOW)
    token = resets.reenrol(ana, mara, NOW)

    assert is_over(old)
    assert resets.find(User, token, NOW + timedelta(hours=23, minutes=59)).made_by == mara
    assert is_over(token, now=NOW + timedelta(hours=24))
    assert chosen(token) == ana

    after = User.get_by_id(ana.id)
    assert (second_step.ways(after), after.secured_at) == ([], None)
    assert after.cards_held_until == LATER + timedelta(hours=24)
    assert is_over(forgotten) and not totp.check(after, "000000", LATER)
    noted = {(row.what, row.by) for row in AuditEntry.select()}
    assert noted >= {("reenrol.made", f"staff:{mara.id}"), ("reenrol.used", f"user:{ana.id}")}


def test_a_new_colleague_begins_with_a_link_from_the_owner(practice, rosa):
    mara = a_staff_member("Mara Ellison-Demo", role="owner")
    rosa.password_hash = None
    rosa.save()
    token = resets.first_sign_in(rosa, mara, NOW)

    assert chosen(token, kind=Staff) == rosa
    assert AuditEntry.select().where(AuditEntry.what == "staff.begun").exists()
    assert {row.purpose for row in OneTimeLink.select()} == {LinkPurpose.STAFF}


# The pages


def link_in(message) -> str:
    return re.search(r"/(?:practice/)?reset/\S+", message.values["reset_url"])[0]


def plain(page) -> str:
    """Without what differs from one answer to the next."""
    return re.sub(r'(nonce|value)="[^"]+"', "", page)


@pytest.mark.parametrize("door", ["", "/practice"])
def test_known_and_unknown_addresses_get_one_answer(client, ana, rosa, door):
    known = ana.email if not door else rosa.email
    pages = []
    for address in (known, "nobody@example.com"):
        answer = client.submit(f"{door}/reset", {"email": address})
        pages.append((answer.status_code, answer.location, plain(client.get(answer.location).text)))

    assert pages[0] == pages[1] and pages[0][0] == 303
    assert "If we have that email, we sent a link." in pages[0][2]
    assert Message.select().count() == 1


def test_from_the_link_to_signing_in_with_the_new_password_and_the_second_step(client, ana):
    equipped(ana)
    client.submit("/reset", {"email": ana.email})
    link = link_in(Message.get())

    assert client.get(link).status_code == client.get(link).status_code == 200
    assert client.submit(link, {"password": "short"}).status_code == 422
    done = client.submit(link, {"password": NEW})
    assert (done.status_code, done.location) == (303, "/sign-in")
    assert "Your password changed. Sign in now." in client.get("/sign-in").text
    assert client.submit(link, {"password": NEW}).status_code == client.get(link).status_code == 404
    entered = client.submit("/sign-in", {"email": ana.email, "password": NEW})
    assert entered.location.startswith("/sign-in/code")


def test_too_many_links_are_told_in_a_sentence(client, ana, clock):
    for _ in range(4):
        assert client.submit("/reset", {"email": ana.email}).status_code == 303
    assert Message.select().count() == 3
    clock.pass_(minutes=30)
    refused = client.submit("/reset", {"email": ana.email})

    assert refused.status_code == 422 and "You asked for a link several times." in refused.text


def test_a_link_by_hand_leads_on_to_the_second_step(client, ana):
    token = resets.reenrol(equipped(ana), a_staff_member(role="owner"), NOW)
    assert "Set up your sign-in again" in client.get(f"/begin/{token}").text

    answer = client.submit(f"/begin/{token}", {"password": NEW})

    assert answer.location == "/sign-in/second-step"
    assert "Add a second step" in client.get(answer.location).text
    assert client.get("/account").status_code == 303
