"""Passkeys: what a device proves, and everything that proves nothing."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
from peewee import DoesNotExist
from webauthn.helpers import base64url_to_bytes

from identity import passkeys
from identity.passkeys import LIFE, PasskeyRefused, Site
from models import AuditEntry, Challenge, Message, Passkey, Staff, User
from tests.builders import NOW, a_staff_member, ana, ben
from tests.device import Device

SITE = Site.of("http://localhost:8000/", "Harbor Fern")
SOON, LATE = NOW + timedelta(minutes=1), NOW + LIFE


@pytest.fixture
def anas(practice) -> User:
    return ana().user


@pytest.fixture
def rosa(practice) -> Staff:
    return a_staff_member()


def a_device(person=None, **facts) -> Device:
    """With a passkey of this person."""
    device = Device(origin=SITE.origin, **facts)
    if person:
        asked = passkeys.ask_to_add(person, SITE, NOW)
        passkeys.add(person, asked.key, device.create(asked.options), SITE, NOW, "Chrome, Android")
    return device


def enters(device, kind=User, **changes):
    asked = passkeys.ask(kind, SITE, NOW)
    return passkeys.enter(kind, asked.key, device.get(asked.options, **changes), SITE, SOON)


def is_refused(act, *words, key="passkey.fail", **more):
    with pytest.raises(PasskeyRefused) as refused:
        act(*words, **more)
    assert refused.value.key == key


def test_a_passkey_says_whose_it_is_and_both_steps_are_done(anas):
    device = a_device(anas)

    assert enters(device) == anas
    (kept,) = passkeys.of(anas)
    assert (kept.name, kept.created_at, kept.used_at, kept.sign_count) == ("Chrome, Android", NOW, SOON, 1)
    assert base64url_to_bytes(kept.credential_id) == device.credential_id


def test_what_is_asked_of_a_new_device(anas):
    first = a_device(anas)

    options = json.loads(passkeys.ask_to_add(anas, SITE, NOW).options)

    assert options["rp"] == {"id": "localhost", "name": "Harbor Fern"}
    assert options["user"]["name"] == anas.email and options["user"]["displayName"] == anas.name
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert [base64url_to_bytes(each["id"]) for each in options["excludeCredentials"]] == [first.credential_id]
    assert options["attestation"] == "none"
    assert len(base64url_to_bytes(options["challenge"])) == 32


def test_signing_in_asks_everyone_the_same_and_a_step_up_only_for_ones_own(anas, rosa):
    device = a_device(anas)

    asked = json.loads(passkeys.ask(User, SITE, NOW).options)
    again = json.loads(passkeys.ask_again(anas, SITE, NOW).options)

    assert asked["allowCredentials"] == [] and asked["userVerification"] == again["userVerification"] == "required"
    assert [base64url_to_bytes(each["id"]) for each in again["allowCredentials"]] == [device.credential_id]
    assert json.loads(passkeys.ask_again(rosa, SITE, NOW).options)["allowCredentials"] == []


def test_a_client_and_a_member_of_staff_are_never_taken_for_each_other(anas, rosa):
    rosa.key = anas.key  # even so their devices keep different owners
    rosa.save()
    of_staff = a_device(rosa)

    assert enters(of_staff, Staff) == rosa
    is_refused(enters, of_staff, User)
    is_refused(enters, a_device(anas), Staff)
    asked = passkeys.ask(Staff, SITE, NOW)  # answered at the other door
    is_refused(passkeys.enter, User, asked.key, a_device(anas).get(asked.options), SITE, SOON)


def test_whose_key_it_is_must_be_said_and_be_true(anas, rosa):
    device = a_device(anas)
    for handle in (None, b"Staff:" + anas.key.encode(), b"User:someone"):
        device.handle = handle
        is_refused(enters, device)


def test_nobody_enters_with_a_key_that_is_unknown_or_removed_or_whose_owner_is_switched_off(anas):
    device, other = a_device(anas), a_device(anas)
    is_refused(enters, a_device())
    passkeys.remove(passkeys.of(anas)[0], NOW)
    is_refused(enters, device)

    assert enters(other) == anas
    anas.disabled_at = NOW
    anas.save()
    is_refused(enters, other)


@pytest.mark.parametrize("lie", ["origin", "host", "looks", "private"])
def test_another_site_another_key_and_a_device_that_looks_at_nobody_prove_nothing(anas, lie):
    device = a_device(anas)
    lies = {"origin": "https://localhost.example", "host": "example.com", "looks": False, "private": Device().private}
    setattr(device, lie, lies[lie])

    is_refused(enters, device)


def test_a_device_that_looks_at_nobody_cannot_be_added(anas):
    asked = passkeys.ask_to_add(anas, SITE, NOW)
    is_refused(passkeys.add, anas, asked.key, Device(SITE.origin, looks=False).create(asked.options), SITE, NOW)
    assert passkeys.of(anas) == []


def test_another_challenge_is_no_challenge(anas):
    device, old = a_device(anas), json.loads(passkeys.ask(User, SITE, NOW).options)["challenge"]

    is_refused(enters, device, challenge=old)
    is_refused(enters, device, type="webauthn.create")


def test_a_challenge_is_answered_once_and_within_five_minutes(anas):
    device = a_device(anas)
    asked = passkeys.ask(User, SITE, NOW)
    is_refused(passkeys.enter, User, asked.key, "{}", SITE, SOON)  # a wrong answer was its answer
    is_refused(passkeys.enter, User, asked.key, device.get(asked.options), SITE, SOON, key="passkey.late")

    late = passkeys.ask(User, SITE, NOW)
    is_refused(passkeys.enter, User, late.key, device.get(late.options), SITE, LATE, key="passkey.late")
    is_refused(passkeys.enter, User, "no such key", device.get(late.options), SITE, SOON, key="passkey.late")


def test_a_challenge_for_one_thing_is_none_for_another(anas):
    device = a_device(anas)
    asked = passkeys.ask(User, SITE, NOW)
    is_refused(passkeys.confirm, anas, asked.key, device.get(asked.options), SITE, SOON, key="passkey.late")


def test_challenges_that_are_over_leave_nothing_behind(anas):
    passkeys.ask(User, SITE, NOW)
    passkeys.ask_again(anas, SITE, LATE)

    assert [row.created_at for row in Challenge.select()] == [LATE]


@pytest.mark.parametrize(
    "answer", ["", "null", "[" * 5000, '{"id": 1}', "x" * 20_001, '{"id": "\\ud800", "rawId": "é"}', "{}" * 9]
)
def test_what_is_no_answer_is_refused(anas, answer):
    entering, adding = passkeys.ask(User, SITE, NOW), passkeys.ask_to_add(anas, SITE, NOW)
    is_refused(passkeys.enter, User, entering.key, answer, SITE, SOON)
    is_refused(passkeys.add, anas, adding.key, answer, SITE, SOON)


def test_one_person_answers_for_nobody_else(anas):
    bens = ben().user
    his = a_device(bens)
    asked = passkeys.ask_again(anas, SITE, NOW)
    is_refused(passkeys.confirm, anas, asked.key, his.get(asked.options), SITE, SOON)

    adding = passkeys.ask_to_add(anas, SITE, NOW)
    is_refused(passkeys.add, bens, adding.key, his.create(adding.options), SITE, SOON)


def test_proving_again_takes_ones_own_key_whether_or_not_it_says_whose_it_is(anas):
    device = a_device(anas)
    for handle in (device.handle, None):
        device.handle = handle
        asked = passkeys.ask_again(anas, SITE, NOW)
        assert passkeys.confirm(anas, asked.key, device.get(asked.options), SITE, SOON).user == anas

    device.handle = b"User:someone"
    asked = passkeys.ask_again(anas, SITE, NOW)
    is_refused(passkeys.confirm, anas, asked.key, device.get(asked.options), SITE, SOON)


@pytest.mark.parametrize("back_to", [0, 4, 5])
def test_a_count_that_goes_back_or_stands_still_is_a_copy_and_its_owner_hears_of_it(anas, back_to):
    device = a_device(anas)
    device.signed = 4
    enters(device)

    device.signed, device.counts = back_to, False
    is_refused(enters, device)

    assert [(row.kind, row.to) for row in Message.select()] == [("mail.passkey", anas.email)]
    (noted,) = AuditEntry.select()
    assert (noted.by, noted.what, noted.result) == (f"user:{anas.id}", "passkey_copied", "refused")
    assert Passkey.get().sign_count == 5


def test_keys_that_devices_share_count_nothing(anas):
    device = a_device(anas, counts=False)

    assert [enters(device), enters(device)] == [anas, anas]
    assert Message.select().count() == 0


def test_the_same_key_is_kept_once_for_whoever_brought_it_first(anas):
    device = a_device(anas)
    bens = ben().user
    asked = passkeys.ask_to_add(bens, SITE, NOW)
    is_refused(passkeys.add, bens, asked.key, device.create(asked.options), SITE, NOW)

    assert passkeys.of(bens) == []


def test_a_passkey_has_a_name_and_is_found_by_its_owner_alone(anas):
    a_device(anas)
    (kept,) = passkeys.of(anas)

    passkeys.rename(kept, f"  {'My phone ' * 9}  ")
    assert passkeys.mine(anas, kept.key).name == ("My phone " * 9)[:40]
    passkeys.rename(kept, "  ")
    assert passkeys.mine(anas, kept.key).name.startswith("My phone")
    with pytest.raises(DoesNotExist):
        passkeys.mine(ben().user, kept.key)


@pytest.mark.parametrize(
    ("address", "works"),
    [
        ("https://pay.example.com", True), ("http://localhost:8000", True), ("http://pay.example.com", False),
        ("http://127.0.0.1:8000", False), ("https://[::1]", False),
    ],
)  # fmt: skip
def test_passkeys_need_a_name_and_an_encrypted_way(address, works):
    assert Site.of(address, "Harbor Fern").possible is works


def test_the_origin_has_no_path():
    assert Site.of("https://pay.example.com:8443/portal/", "x") == Site(
        "pay.example.com", "https://pay.example.com:8443", "x"
    )
    assert replace(SITE, name="x").origin == "http://localhost:8000"
