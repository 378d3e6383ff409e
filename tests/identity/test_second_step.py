"""What may be proved a second time, with what, and how often it may be wrong."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
import pytest

from choices import Stage
from identity import challenges, recovery_codes, resets, second_step, signins, step_up, totp
from identity.challenges import CodeOver, WrongCode
from identity.second_step import Factor, OutOfTries, WaitAnHour
from identity.step_up import Proof
from models import Challenge, Message, OneTimeLink, Passkey, RecoveryCode, SignIn, Strike, Totp
from tests.visitor import PASSWORD


def app_of(person, clock) -> pyotp.TOTP:
    """This person's code app, set up a minute ago."""
    begun = totp.start(person, clock())
    totp.confirm(person, begun.id, pyotp.TOTP(begun.secret).at(clock()), clock())
    clock.pass_(minutes=1)
    return pyotp.TOTP(begun.secret)


def a_passkey(person, clock, name: str) -> Passkey:
    return Passkey.create(user=person, credential_id=name, public_key=b"key", created_at=clock())


def half(person, clock) -> SignIn:
    return signins.find_half(signins.begin(person, clock(), stage=Stage.HALF), clock())


# The code app


def test_a_secret_has_160_bits_and_counts_only_after_its_first_code(ana, clock):
    begun = totp.start(ana, clock())

    assert len(begun.secret) * 5 == 160
    assert not totp.check(ana, pyotp.TOTP(begun.secret).at(clock()), clock())
    with pytest.raises(WrongCode):
        totp.confirm(ana, begun.id, "000000", clock())
    totp.confirm(ana, begun.id, pyotp.TOTP(begun.secret).at(clock()), clock())
    assert totp.standing(ana).secret == begun.secret


def test_each_start_is_a_secret_of_its_own_and_the_first_to_be_confirmed_is_the_only_one(ana, rosa, clock):
    thiefs, anas = totp.start(ana, clock()), totp.start(ana, clock())
    code = pyotp.TOTP(anas.secret).at(clock())
    assert thiefs.secret != anas.secret
    for person, begun in ((ana, thiefs.id), (ana, None), (rosa, anas.id)):
        with pytest.raises(WrongCode):
            totp.confirm(person, begun, code, clock())

    totp.confirm(ana, anas.id, code, clock())

    assert totp.standing(ana).secret == anas.secret
    with pytest.raises(WrongCode):
        totp.confirm(ana, thiefs.id, pyotp.TOTP(thiefs.secret).at(clock()), clock())
    assert totp.standing(ana).secret == anas.secret


def test_what_was_not_finished_in_half_an_hour_begins_with_another_secret(ana, clock):
    begun = totp.start(ana, clock())
    clock.pass_(minutes=30)

    with pytest.raises(WrongCode):
        totp.confirm(ana, begun.id, pyotp.TOTP(begun.secret).at(clock()), clock())
    assert totp.start(ana, clock()).secret != begun.secret
    assert Totp.select().where(Totp.removed_at.is_null()).count() == 1


def test_a_code_works_one_step_early_or_late_and_no_further(rosa, clock):
    app = app_of(rosa, clock)
    worked = [totp.check(rosa, app.at(clock(), counter_offset=offset), clock()) for offset in (-2, 2, -1, 0, 1)]

    assert worked == [False, False, True, True, True]


def test_a_code_works_once_and_none_before_it_works_later(ana, clock):
    app = app_of(ana, clock)

    assert totp.check(ana, app.at(clock()), clock())
    assert not totp.check(ana, app.at(clock()), clock())
    assert not totp.check(ana, app.at(clock(), counter_offset=-1), clock())


def test_a_code_may_have_spaces_and_is_refused_in_other_alphabets(ana, clock):
    app = app_of(ana, clock)
    code = app.at(clock())

    assert not totp.check(ana, "".join(chr(0x660 + int(digit)) for digit in code), clock())
    assert totp.check(ana, f" {code[:3]} {code[3:]}", clock())


def test_a_new_app_takes_the_place_of_the_old_one(ana, clock):
    old, new = app_of(ana, clock), app_of(ana, clock)

    assert not totp.check(ana, old.at(clock()), clock())
    assert totp.check(ana, new.at(clock()), clock())
    totp.remove(ana, clock())
    clock.pass_(minutes=1)
    assert not totp.check(ana, new.at(clock()), clock())


def test_one_persons_code_is_not_anothers(ana, rosa, clock):
    app, _ = app_of(ana, clock), app_of(rosa, clock)

    assert not totp.check(rosa, app.at(clock()), clock())


def test_the_qr_code_names_the_practice_neutrally_and_needs_no_style(ana, clock):
    begun = totp.start(ana, clock())
    address = urlsplit(totp.uri(begun))

    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == "/Harbor Fern:ana@example.com"
    assert parse_qs(address.query) == {"secret": [begun.secret], "issuer": ["Harbor Fern"]}
    assert totp.qr(begun).startswith("data:image/svg+xml")
    assert "style" not in totp.qr(begun)
    assert totp.typed(begun).replace(" ", "") == begun.secret


# Codes on paper


def test_ten_codes_of_at_least_64_bits_are_kept_as_hashes(ana, clock):
    codes = recovery_codes.make(ana, clock())

    assert len(set(codes)) == 10
    assert all(re.fullmatch(r"([2-9a-hj-kmnp-z]{4}-){3}[2-9a-hj-kmnp-z]{4}", code) for code in codes)
    assert len(recovery_codes.ALPHABET) ** 16 > 2**64
    assert not any(code in str(list(RecoveryCode.select().dicts())) for code in codes)


def test_a_code_on_paper_works_once_however_it_is_typed_and_is_told_of(ana, clock):
    codes = recovery_codes.make(ana, clock())

    assert recovery_codes.use(ana, codes[0].upper().replace("-", " "), clock())
    assert not recovery_codes.use(ana, codes[0], clock())
    assert recovery_codes.left(ana) == 9
    assert [(row.kind, row.to, row.values["date"]) for row in Message.select()] == [
        ("mail.security", ana.email, "Nov 20, 2026")
    ]


def test_new_codes_replace_the_old_and_nobody_elses_work(ana, rosa, clock):
    old, hers = recovery_codes.make(ana, clock()), recovery_codes.make(rosa, clock())
    new = recovery_codes.make(ana, clock())

    assert [recovery_codes.use(ana, code, clock()) for code in (old[0], hers[0], new[0])] == [False, False, True]
    assert recovery_codes.left(rosa) == 10


# What stands


def test_setting_up_is_over_when_a_passkey_or_an_app_and_one_more_way_stand(ana, clock):
    recovery_codes.make(ana, clock())
    assert second_step.ways(ana) == [Factor.CODES]
    assert not second_step.secure(ana, clock())

    app_of(ana, clock)
    assert second_step.ways(ana) == [Factor.APP, Factor.CODES]
    assert second_step.secure(ana, clock())
    first = ana.secured_at
    clock.pass_(days=1)
    assert second_step.secure(ana, clock())
    assert ana.secured_at == first


def test_two_passkeys_are_two_ways_and_one_is_one(ana, clock):
    a_passkey(ana, clock, "phone")
    assert not second_step.secure(ana, clock())

    a_passkey(ana, clock, "laptop")
    assert second_step.ways(ana) == [Factor.PASSKEY]
    assert second_step.secure(ana, clock())


def test_when_everything_is_lost_nothing_counts_any_longer(ana, clock):
    app_of(ana, clock)
    recovery_codes.make(ana, clock())
    a_passkey(ana, clock, "phone")
    second_step.secure(ana, clock())
    token = signins.begin(ana, clock(), stage=Stage.HALF)
    resets.ask(type(ana), ana.email, clock())

    second_step.forget(ana, clock())

    assert OneTimeLink.get().used_at == clock()

    assert second_step.ways(ana) == []
    assert ana.secured_at is None
    assert signins.find_half(token, clock()) is None


# How often a code may be wrong


@pytest.mark.parametrize("factor", [Factor.APP, Factor.CODES])
def test_a_right_code_is_accepted_and_forgives_the_wrong_ones_of_this_sign_in(ana, clock, factor):
    app, paper = app_of(ana, clock), recovery_codes.make(ana, clock())
    sign_in = half(ana, clock)
    for _ in range(4):
        with pytest.raises(WrongCode):
            second_step.answer(sign_in, factor, "000000", clock())

    second_step.answer(sign_in, factor, app.at(clock()) if factor == Factor.APP else paper[3], clock())

    assert Strike.select().where(Strike.what == "codes_here").count() == 0
    assert Strike.select().where(Strike.what == "codes").count() == 4


def test_the_fifth_wrong_code_ends_the_sign_in_and_writes_to_the_person(ana, clock):
    token = signins.begin(ana, clock(), stage=Stage.HALF)
    for wrong in (WrongCode,) * 4 + (OutOfTries,):
        with pytest.raises(wrong):
            second_step.answer(signins.find_half(token, clock()), Factor.APP, "000000", clock())

    assert signins.find_half(token, clock()) is None
    assert [(row.kind, row.to) for row in Message.select()] == [("mail.codes", ana.email)]


def test_no_code_is_looked_at_once_the_sign_in_has_ended(ana, clock):
    app, sign_in = app_of(ana, clock), half(ana, clock)
    for wrong in (WrongCode,) * 4 + (OutOfTries,) * 2:  # the same row, as sent at once by many
        with pytest.raises(wrong):
            second_step.answer(sign_in, Factor.APP, "000000", clock())
    assert Strike.select().where(Strike.what == "codes").count() == 5
    assert [row.kind for row in Message.select()] == ["mail.codes"]

    with pytest.raises(OutOfTries):
        second_step.answer(sign_in, Factor.APP, app.at(clock()), clock())
    assert totp.check(ana, app.at(clock()), clock())  # nor was it used up


def test_after_ten_wrong_codes_in_an_hour_not_even_the_right_one_is_looked_at(ana, rosa, clock):
    app, others = app_of(ana, clock), app_of(rosa, clock)
    for _ in range(10):
        with pytest.raises((WrongCode, OutOfTries)):
            second_step.answer(half(ana, clock), Factor.APP, "000000", clock())

    with pytest.raises(WaitAnHour) as refused:
        second_step.answer(half(ana, clock), Factor.APP, app.at(clock()), clock())
    assert refused.value.values == {"phone": "(312) 555-0100"}
    second_step.answer(half(rosa, clock), Factor.APP, others.at(clock()), clock())
    clock.pass_(hours=1)
    second_step.answer(half(ana, clock), Factor.APP, app.at(clock()), clock())


# Proving it again


def test_a_proof_is_good_for_five_minutes_and_changes_the_token(ana, clock, settings):
    token = signins.begin(ana, clock())
    limits = {"idle": settings.idle_timeout, "total": settings.session_timeout}
    sign_in = signins.find(token, clock(), **limits)
    assert not step_up.is_fresh(sign_in, clock())

    new = step_up.done(sign_in, clock())

    assert signins.find(token, clock(), **limits) is None
    found = signins.find(new, clock(), **limits)
    assert found.id == sign_in.id
    clock.pass_(minutes=4, seconds=59)
    assert step_up.is_fresh(found, clock())
    clock.pass_(seconds=1)
    assert not step_up.is_fresh(found, clock())


def test_a_proof_is_the_password_or_a_code(ana, clock):
    app, sign_in = app_of(ana, clock), half(ana, clock)

    step_up.prove(sign_in, Proof.PASSWORD, PASSWORD, clock())
    step_up.prove(sign_in, Proof.CODE, app.at(clock()), clock())
    with pytest.raises(step_up.WrongPassword):
        step_up.prove(sign_in, Proof.PASSWORD, "another", clock())
    with pytest.raises(WrongCode):
        step_up.prove(sign_in, Proof.CODE, "000000", clock())
    assert step_up.ways(ana) == [Proof.PASSWORD, Proof.CODE]
    ana.password_hash = None
    assert step_up.ways(ana) == [Proof.CODE]


def test_strangers_at_the_door_do_not_stop_who_is_inside(ana, clock):
    inside, elsewhere = half(ana, clock), half(ana, clock)
    for _ in range(5):
        with pytest.raises(signins.WrongSignIn):
            signins.authenticate(type(ana), ana.email, "a guess", clock())
    step_up.prove(inside, Proof.PASSWORD, PASSWORD, clock())

    for _ in range(5):
        with pytest.raises(step_up.WrongPassword):
            step_up.prove(inside, Proof.PASSWORD, "another", clock())
    with pytest.raises(signins.SlowDown):
        step_up.prove(inside, Proof.PASSWORD, PASSWORD, clock())
    step_up.prove(elsewhere, Proof.PASSWORD, PASSWORD, clock())


# Half a sign-in


def test_half_a_sign_in_is_none_and_lasts_ten_minutes(rosa, clock, settings):
    token = signins.begin(rosa, clock(), stage=Stage.HALF)
    limits = {"idle": settings.idle_timeout, "total": settings.session_timeout}

    assert signins.find(token, clock(), **limits) is None
    clock.pass_(minutes=9, seconds=59)
    assert signins.find_half(token, clock()).staff == rosa
    assert signins.find_half(signins.begin(rosa, clock()), clock()) is None
    clock.pass_(seconds=1)
    assert signins.find_half(token, clock()) is None
    clock.pass_(seconds=1)
    signins.forget_old(clock())
    assert SignIn.get(SignIn.stage == Stage.HALF).ended_at == clock()


def test_someone_switched_off_has_no_second_step(ana, clock):
    token = signins.begin(ana, clock(), stage=Stage.HALF)
    ana.disabled_at = clock()
    ana.save()

    assert signins.find_half(token, clock()) is None


def test_all_other_sessions_end_and_this_one_stays(ana, rosa, clock):
    here, there, hers = (signins.begin(person, clock()) for person in (ana, ana, rosa))
    this = SignIn.get(SignIn.token_sha256 == signins.sha256(here))

    assert signins.end_others(ana, this, clock()) == 1
    ended = {row.token_sha256 for row in SignIn.select().where(SignIn.ended_at.is_null(False))}
    assert ended == {signins.sha256(there)}
    assert signins.sha256(hers) not in ended


# Short codes


def test_a_short_code_is_answered_once_and_brings_its_facts(ana, clock):
    asked, code = challenges.ask("confirm_email", ana, clock(), email="new@example.com")

    assert re.fullmatch(r"\d{6}", code)
    assert code not in str(Challenge.select().dicts().get())
    answered = challenges.answer(asked.key, "confirm_email", f"{code[:3]}-{code[3:]}", clock())
    assert (answered.user, answered.facts) == (ana, {"email": "new@example.com"})
    with pytest.raises(CodeOver):
        challenges.answer(asked.key, "confirm_email", code, clock())


def test_a_short_code_is_over_after_ten_minutes_or_five_tries_or_for_something_else(ana, clock):
    old, old_code = challenges.ask("confirm_email", None, clock())
    clock.pass_(minutes=10)
    asked, code = challenges.ask("confirm_email", ana, clock())
    for _ in range(5):
        with pytest.raises(WrongCode):
            challenges.answer(asked.key, "confirm_email", "-", clock())

    for key, purpose, typed in (
        (asked.key, "confirm_email", code),
        (old.key, "confirm_email", old_code),
        (challenges.ask("other", ana, clock())[0].key, "confirm_email", code),
        ("", "confirm_email", code),
    ):
        with pytest.raises(CodeOver):
            challenges.answer(key, purpose, typed, clock())


def test_a_question_is_taken_once(rosa, clock):
    put = challenges.put("passkey", rosa, clock(), secret="random")

    assert challenges.take(put.key, "passkey", clock()).secret == "random"
    with pytest.raises(CodeOver):
        challenges.take(put.key, "passkey", clock())


def test_two_answers_at_once_are_one(ana, clock, monkeypatch):
    asked, code = challenges.ask("confirm_email", ana, clock())
    first = Challenge.get_by_id(asked.id)
    challenges.answer(asked.key, "confirm_email", code, clock())
    monkeypatch.setattr(challenges, "_open", lambda *_: first)  # both read before either wrote

    with pytest.raises(CodeOver):
        challenges.answer(asked.key, "confirm_email", code, clock())
