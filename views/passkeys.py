"""Signing in by passkey, and proving again with one. The page's script asks for a challenge and posts the answer."""

import json
from typing import Any

from flask import Response, flash, jsonify, redirect, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from billing.audit import note
from identity import passkeys
from identity.passkeys import Asked, PasskeyRefused, Site
from models import SignIn
from views import auth, doors, limits
from views.browsers import this_device
from views.codes import person_of
from views.context import now, practice, say, settings
from views.securing import setting_up, stands

ASKED, AT_ONCE = "passkeys", 4  # one page may ask twice, for autofill and by its button; so may a second tab


@doors.page("/sign-in/passkey/options", "POST")
@limits.of_passkeys
def passkey_options() -> Response:
    return ask(passkeys.ask(doors.here().kind, site(), now()))


@doors.page("/sign-in/passkey", "POST")
@limits.of_sign_in
def passkey() -> ResponseReturnValue:
    """Both steps at once. Who has no second way yet sets it up now; the first one is proved."""
    if current_user.is_authenticated:
        return redirect(doors.home(), 303)
    try:
        person = passkeys.enter(doors.here().kind, asked_here(), answer(), site(), now())
    except PasskeyRefused as refusal:
        note("stranger", "sign_in", "", now(), ip=auth.ip(), result=refusal.key, detail="passkey")
        limits.count_failure()
        flash(say(refusal.key), "bad")
        return redirect(doors.here().url("sign_in"), 303)
    return auth.let_in(person, "passkey") if person.secured_at else auth.go_on(person, proved_at=now())


@doors.page("/sign-in/again/options", "POST")
@login_required
@limits.of_passkeys
def passkey_again_options() -> Response:
    return ask(passkeys.ask_again(current_user.person, site(), now()))


@doors.page("/sign-in/second-step/passkey/options", "POST")
@limits.of_passkeys
@setting_up
def passkey_new_options(begun: SignIn) -> Response:
    """A passkey as the second step of somebody who has none yet."""
    return ask(passkeys.ask_to_add(person_of(begun), site(), now()))


@doors.page("/sign-in/second-step/passkey", "POST")
@setting_up
def passkey_new(begun: SignIn) -> ResponseReturnValue:
    try:
        added = passkeys.add(person_of(begun), asked_here(), answer(), site(), now(), this_device())
        stands(begun, "passkey.added", f"passkey:{added.id}")
    except PasskeyRefused as refusal:
        flash(say(refusal.key), "bad")
    return redirect(doors.here().url("second_step_page"), 303)


def confirm() -> None:
    """A proof that came along with a form. Raises PasskeyRefused."""
    passkeys.confirm(current_user.person, asked_here(), answer(), site(), now())


def ask(asked: Asked) -> Response:
    """Send a challenge to the page's script; only this browser can answer it."""
    session[ASKED] = [*session.get(ASKED, []), asked.key][-AT_ONCE:]
    return jsonify(challenge=asked.key, options=json.loads(asked.options))


def asked_here() -> str:
    """The key of the challenge that is answered, if it was put to this browser."""
    key = request.form.get("passkey_challenge", "")
    return key if key in session.get(ASKED, []) else ""


def answer() -> str:
    """What the device said, as JSON."""
    return request.form.get("passkey_answer", "")


def site() -> Site:
    return Site.of(settings().public_url, practice().short_name)


@doors.bp.app_context_processor
def _facts() -> dict[str, Any]:
    """For the button, which is absent where passkeys do not work."""
    return {"passkey_site": site(), "passkey_door": doors.here(), "has_passkey": _has_passkey}


def _has_passkey() -> bool:
    return bool(current_user.is_authenticated and passkeys.of(current_user.person))
