"""No card number gets in anywhere: not by a box of ours, not by a field of text, not into what is written down.

This is what keeps a practice on the shortest questionnaire of the card industry (PCI DSS SAQ A).
"""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import PasswordField, StringField

import views
from billing import formats
from billing.formats import FieldRefused
from views.forms import Form

ROOT = Path(__file__).parents[2]
CARD = "4111 1111 1111 1111"
SPELLED = (CARD, "4111111111111111", "4111-1111-1111-1111", "call me: 4111 1111 1111 1111 thanks", "٤١١١١١١١١١١١١١١١",
           "4111\n1111\n1111\n1111", "x@x 378282246310005", "12 4111111111111111 34")  # fmt: skip
MARKUP = {path: path.read_text(encoding="utf-8") for path in (ROOT / "templates").rglob("*.html")}
# What browsers and password managers take for a card field (WHATWG HTML, autofill; usual names).
CARD_LIKE = re.compile(
    r"cc-(?:name|number|csc|exp|type)|card[-_]?(?:number|no|num|code|exp)|security[-_]?code|\b(?:cv[vc]2?|csc)\b|\bpan\b|\bexpiry\b",
    re.IGNORECASE,
)


def forms() -> list[type[Form]]:
    """Every form of the application, however deep."""
    for module in pkgutil.walk_packages(views.__path__, "views."):
        importlib.import_module(module.name)
    found, waiting = [], [Form]
    while waiting:
        found += (each := waiting.pop().__subclasses__())
        waiting += each
    return sorted({each for each in found if each.__module__.startswith("views.")}, key=lambda each: each.__qualname__)


def texts(form: Form) -> list[StringField]:
    return [field for field in form if isinstance(field, StringField) and not isinstance(field, PasswordField)]


@pytest.fixture
def reading(app):
    """In English, as a form is read while it is asked for."""
    with app.test_request_context(headers={"Accept-Language": "en"}):
        yield


def checked(kind: type[Form], **typed: str) -> Form:
    """This form, whatever it is made with, holding `typed`."""

    class Sent(kind):
        def __init__(self) -> None:
            Form.__init__(self, formdata=MultiDict(typed))

    form = Sent()
    for field in form:
        if getattr(field, "choices", ()) is None:
            field.choices = []
    form.validate()
    return form


@pytest.mark.parametrize("kind", forms(), ids=lambda kind: kind.__qualname__)
def test_no_field_of_any_form_takes_a_card_number(reading, kind):
    names = [field.name for field in texts(checked(kind))]

    full = checked(kind, **dict.fromkeys(names, CARD))

    assert [field.name for field in texts(full) if not field.errors] == []


@pytest.mark.parametrize("typed", SPELLED)
def test_however_it_is_spelled(reading, typed):
    class Note(Form):
        text = StringField()

    form = checked(Note, text=typed)

    assert form.text.errors == ["Take the card number out of this text"]
    with pytest.raises(FieldRefused):
        formats.line(200)(typed)


@pytest.mark.parametrize("typed", ["1234 5678 9012 3450", "(312) 555-0100", "check 10025, June 3", "411111111111", ""])
def test_other_numbers_are_taken(reading, typed):
    class Note(Form):
        text = StringField()

    assert checked(Note, text=typed).text.errors == []
    assert formats.line(200)(typed) == typed


def test_a_password_may_be_any_digits(reading):
    class Door(Form):
        password = PasswordField()

    assert checked(Door, password=CARD).password.errors == []


def test_no_template_has_a_box_for_a_card():
    """The words stand where the processor's frames are put, in elements that hold nothing."""
    boxes = [
        (path.name, box)
        for path, text in MARKUP.items()
        for box in re.findall(r"<(?:input|textarea|select)\b[^>]*>", text)
        if CARD_LIKE.search(box)
    ]

    assert boxes == []
    assert not re.search("cc-(?:number|csc|exp)", "".join(MARKUP.values()))


def test_no_script_of_ours_keeps_anything_in_the_browser():
    """Nor reads the card boxes: they are another origin's."""
    ours = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "static").rglob("*.js"))

    assert not re.search(r"localStorage|sessionStorage|indexedDB|document\.cookie|\bcaches\.|serviceWorker", ours)
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write|insertAdjacentHTML", ours)
