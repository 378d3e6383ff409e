"""Saved cards: the client's to see, add, put first and remove."""

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from billing import cards
from billing.access import reader
from billing.audit import note
from billing.cards import CardsHeld
from billing.errors import BillingError, CardMissing, TooManyTries
from choices import Right
from gateways import CardNotFound, GatewayUnavailable
from models import SavedCard
from views.context import instant, language, now, practice, say
from views.portal import card_boxes
from views.portal.bill import why_closed
from views.portal.checkout import card_rows
from views.portal.forms import CardForm
from views.portal.paying import gateway
from views.responses import go

bp = Blueprint("cards", __name__, url_prefix="/cards")


@bp.get("")
def index() -> ResponseReturnValue:
    return _list()


@bp.get("/new")
def add() -> ResponseReturnValue:
    if not _may_add():
        return go(url_for(".index"))
    return _form(CardForm())


@bp.post("")
def create() -> ResponseReturnValue:
    """Keep a card after its bank vouched for it; the ticked box is the consent."""
    if not _may_add():
        return go(url_for(".index"))
    form = CardForm()
    try:
        _save(form)
    except TooManyTries as refusal:
        return _list(refusal.key, **refusal.values)
    except BillingError as refusal:
        form.refuse(refusal)
        return _form(form), refusal.status
    flash(say("card.added"), "good")
    return go(url_for(".index"))


@bp.get("/<key>/remove")
def confirm(key: str) -> ResponseReturnValue:
    return render_template("portal/card_remove.html", card=cards.mine(current_user.user, key))


@bp.post("/<key>/remove")
def remove(key: str) -> ResponseReturnValue:
    try:
        _note("card.remove", cards.remove(current_user.user, key, gateway=gateway(), now=now()))
    except GatewayUnavailable:
        return _list("cards.down")
    except CardsHeld:
        return _list()
    flash(say("card.removed"), "good")
    return go(url_for(".index"))


@bp.post("/<key>/main")
def make_main(key: str) -> ResponseReturnValue:
    try:
        _note("card.main", cards.make_main(current_user.user, key, gateway=gateway(), now=now()))
    except (GatewayUnavailable, CardNotFound):
        return _list("cards.down")
    except CardsHeld:
        return _list()
    return go(url_for(".index"))


def _form(form: CardForm) -> str:
    return render_template("portal/card_add.html", form=form, boxes=card_boxes.attributes())


def _save(form: CardForm) -> None:
    if not form.save.data:
        raise BillingError("cards.agree", field="save")
    nonce = request.form.get("nonce", "")
    if not nonce:
        raise CardMissing("card.fields")
    ip = request.remote_addr or ""
    card = cards.save(current_user.user, nonce, gateway=gateway(), language=language(), ip=ip, now=now())
    _note("card.add", card)


def _note(what: str, card: SavedCard) -> None:
    note(current_user.by, what, f"saved_card:{card.id}", now())


def _list(problem: str = "", **values: str) -> ResponseReturnValue:
    problems = [("", say(problem, **values))] if problem else []
    may = {"can_add": _may_add(), "can_change": not cards.held(current_user.user, now())}
    shown = {"cards": card_rows(current_user.user), "closed": _why_closed(), "problems": problems, **may}
    return render_template("portal/cards.html", **shown), 422 if problem else 200


def _why_closed() -> str:
    """Why nothing can be added or changed now; empty when it can."""
    if not practice().saved_cards_on:
        return say("auto.none")
    user = current_user.user
    if cards.held(user, now()):
        return say("cards.held", time=instant(user.cards_held_until))
    return why_closed(None)


def _may_add() -> bool:
    """New cards are for people who may pay something here, while payments are on."""
    return bool(not _why_closed() and reader(current_user.user).allowed(Right.PAY))
