"""Which passwords are refused when chosen, and what the log never shows."""

import logging

import pytest

from identity.passwords import WeakPassword, refuse_weak
from logs import OURS, Masked
from tests.test_architecture import ROOT
from words import say


def refused(password: str) -> str | None:
    try:
        refuse_weak(password, email="noor.haddad@example.com", names=("Noor Haddad", "Harbor Fern Counseling"))
    except WeakPassword as refusal:
        return refusal.key
    return None


@pytest.mark.parametrize(
    "password",
    [
        "a quiet blue bicycle",
        "ñandú über straße",
        "correct horse battery",
        "x9!Kq2#Lm8@z",
        "日本語のパスワードはとても長い",
    ],
)
def test_long_and_unusual_is_enough(password):
    assert refused(password) is None


@pytest.mark.parametrize("password", ["", "elevenchars", "x" * 129])
def test_too_short_and_too_long_are_refused(password):
    assert refused(password) == "password.length"


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Password!2026", "passwordpassword", "aaaaaaaaaaaaaa", "123456789012", "qwertyuiopas",
        "abcdefghijklm", "zyxwvutsrqpon", "1q1q1q1q1q1q1q", "letmeinletmein!", "999888777666",
        "1qaz2wsx3edc", "123456789abc", "123456123456", "christopher1", "!!Justinbieber99", "COUNTERSTRIKE",
    ],
)  # fmt: skip
def test_what_is_guessed_first_is_refused(password):
    assert refused(password) == "password.common"


@pytest.mark.parametrize("password", ["my name is Noor", "HADDAD family 7", "counseling rocks 12", "harbor in the fog"])
def test_ones_own_words_are_refused(password):
    assert refused(password) == "password.own"


@pytest.mark.parametrize("key", ["password.length", "password.common", "password.own"])
def test_each_refusal_is_a_sentence(key):
    assert say(key, "en") != say(key, "es")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("note: 4111 1111 1111 1111!", "note: [number]!"),
        ("note: 4111-1111-1111-1111", "note: [number]"),
        ("4111111111111", "[number]"),
        ("Params: ['ana.b+c@example.co.uk', 3]", "Params: ['[email]', 3]"),
        ("order 411111111111 of 2026-11-20 18:00", "order 411111111111 of 2026-11-20 18:00"),
    ],
)
def test_the_log_masks_what_could_be_a_card_number(written, shown):
    record = logging.LogRecord("x", logging.INFO, "", 0, written, (), None)

    assert Masked("%(message)s").format(record) == shown


def test_all_our_own_modules_may_be_written_down_and_nobody_elses():
    """Each name in the list is one of ours: a package or a module of this program, or the name we log under."""
    names = {path.stem for path in ROOT.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    assert names >= OURS - {"evenly"}
