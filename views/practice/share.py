"""The share kit: the portal's address in every form in which a practice passes it on, in English and Spanish."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, make_response, render_template
from flask.typing import ResponseReturnValue
from markupsafe import escape

from billing.staffing import Act
from documents import flyer, qr
from documents.flyer import Flyer
from documents.pdf import PdfFailed
from views import limits
from views.context import practice, settings
from views.practice.acting import only
from words import LANGUAGES, say

bp = Blueprint("share", __name__, url_prefix="/share")

TEXTS = ("billnote", "social", "phone")  # each a sentence of the kit
LOCAL = ("localhost", "127.0.0.1")  # addresses that lead each phone to itself
# Plain HTML for the practice's own website: no script, nothing fetched, its look within it.
BANNER = (
    '<p lang="{language}" style="padding:16px;border-radius:12px;background:#dcece8;color:#22302e;'
    'font-family:sans-serif">{words} <a href="{address}" style="color:#1f5f57;font-weight:bold">{button}</a></p>'
)


@bp.get("/")
@only(Act.SHARE)
def show() -> ResponseReturnValue:
    return _page()


@bp.get("/qr.<any(png, svg):kind>")
@only(Act.SHARE)
def code(kind: str) -> ResponseReturnValue:
    made = {"png": qr.png, "svg": qr.svg}[kind](address())
    return _file(made, {"png": "image/png", "svg": "image/svg+xml"}[kind], f"portal-qr.{kind}")


@bp.get("/flyer-<any(en, es):words>.pdf")
@only(Act.SHARE)
@limits.of_pdfs
def poster(words: str) -> ResponseReturnValue:
    about = Flyer(practice().name, practice().phone, address())
    try:
        return _file(flyer.as_pdf(about, words), "application/pdf", f"flyer-{words}.pdf")
    except PdfFailed:
        return _page(failed=True), 503


def address() -> str:
    """The portal's own, as clients open it: nothing else is ever passed on."""
    return settings().public_url


def banner(language: str) -> str:
    words, button = say("kit.banner", language), say("kit.banner.btn", language)
    return BANNER.format(language=language, words=words, button=button, address=escape(address()))


def _page(*, failed: bool = False) -> str:
    host = urlsplit(address()).netloc
    kits = {
        each: {**{name: say(f"kit.{name}", each, portal_host=host) for name in TEXTS}, "banner": banner(each)}
        for each in LANGUAGES
    }
    local = urlsplit(address()).hostname in LOCAL
    return render_template(
        "practice/share.html", address=address(), host=host, kits=kits, local=local, failed_pdf=failed
    )


def _file(made: bytes, type: str, name: str) -> Response:
    response = make_response(made)
    response.mimetype = type
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
