"""Passkeys: which there are, one more, another name, one less."""

from flask import Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user
from wtforms import StringField

from identity import factors, passkeys
from identity.factors import LastWay
from identity.passkeys import PasskeyRefused
from views.browsers import this_device
from views.context import now, say
from views.forms import Form
from views.limits import of_passkeys
from views.passkeys import answer, ask, asked_here, site
from views.security import page
from views.security.shared import changed, refused, show
from views.stepping_up import required


class NameForm(Form):
    """What its owner calls it."""

    name = StringField(filters=[lambda text: (text or "").strip()[: passkeys.LONGEST_NAME]])


@page("/passkeys", "GET")
def list_passkeys() -> ResponseReturnValue:
    return show("passkeys", passkeys=passkeys.of(current_user.person))


@page("/passkeys/options", "POST")
@required
@of_passkeys
def passkey_options() -> Response:
    return ask(passkeys.ask_to_add(current_user.person, site(), now()))


@page("/passkeys", "POST")
@required
def add_passkey() -> ResponseReturnValue:
    person, here = current_user.person, current_user.sign_in
    if not answer():  # the script was asked first who is there; it may go on now
        return redirect(url_for(".list_passkeys"), 303)
    try:
        factors.add_passkey(person, asked_here(), answer(), site(), here, now(), this_device())
    except PasskeyRefused as refusal:
        flash(say(refusal.key), "bad")
        return redirect(url_for(".list_passkeys"), 303)
    return changed("acct.passkey.added", ".list_passkeys")


@page("/passkeys/<key>", "GET")
def passkey(key: str) -> ResponseReturnValue:
    mine = passkeys.mine(current_user.person, key)
    return show("passkey", NameForm(formdata=None, name=mine.name), passkey=mine)


@page("/passkeys/<key>", "POST")
@required
def rename_passkey(key: str) -> ResponseReturnValue:
    mine = passkeys.mine(current_user.person, key)
    form = NameForm()
    if not form.validate():
        return show("passkey", form, passkey=mine), 422
    passkeys.rename(mine, form.name.data)
    return redirect(url_for(".list_passkeys"), 303)


@page("/passkeys/<key>/remove", "POST")
@required
def remove_passkey(key: str) -> ResponseReturnValue:
    mine = passkeys.mine(current_user.person, key)
    try:
        factors.remove_passkey(current_user.person, mine, current_user.sign_in, now())
    except LastWay as refusal:
        return refused("passkey", NameForm(formdata=None, name=mine.name), refusal, passkey=mine)
    return changed("acct.passkey.removed", ".list_passkeys")
