"""What was typed becomes types or stays as typed, and every refusal is a sentence in the reader's language."""

import pytest
from werkzeug.datastructures import MultiDict
from wtforms import DateField, IntegerField, RadioField
from wtforms.fields import SelectChoice
from wtforms.validators import InputRequired

from billing.errors import BelowMinimum, NothingPicked
from views.forms import DollarsField, Form


class PayForm(Form):
    amount = DollarsField()
    kind = RadioField(choices=[SelectChoice("a", "A")])
    on = DateField()
    count = IntegerField(validators=[InputRequired()])


@pytest.fixture(params=["en", "es"])
def language(request, app):
    with app.test_request_context(headers={"Accept-Language": request.param}):
        yield request.param


def filled(**typed: str) -> PayForm:
    return PayForm(formdata=MultiDict({"kind": "a", "on": "2026-11-20", "count": "1", **typed}))


@pytest.mark.parametrize(("typed", "cents"), [("45", 45_00), ("$1,250.50", 1_250_50), (" 45.5 ", 45_50), ("", None)])
def test_dollars_become_cents(language, typed, cents):
    form = filled(amount=typed)

    assert form.validate()
    assert form.amount.data == cents


@pytest.mark.parametrize("typed", ["abc", "-5", "1.234", "1.200,00", "<b>", "٤٥"])
def test_what_is_no_amount_stays_as_typed_and_gets_a_sentence(language, typed):
    form = filled(amount=typed)

    assert not form.validate()
    assert form.amount.data is None
    assert form.amount._value() == typed
    sentence = {"en": "Amount to pay must be a number, like 45.00", "es": "La cantidad debe ser un número, como 45.00"}
    assert form.amount.errors == [sentence[language]]


def test_an_amount_of_ours_is_shown_plain(language):
    assert PayForm(formdata=None, data={"amount": 1_250_50}).amount._value() == "1250.50"
    assert PayForm(formdata=None).amount._value() == ""


def test_what_the_library_would_say_is_said_in_our_words(language):
    form = filled(kind="b", on="32 May", count="")

    assert not form.validate()
    english = {
        "kind": ["Choose one from the list"],
        "on": ["Enter a real date"],
        "count": ["Fill in this field"],
    }
    if language == "en":
        assert form.errors == english
    else:
        assert form.errors.keys() == english.keys()
        assert "this" not in str(form.errors).lower()


def test_a_number_that_is_none_gets_a_sentence(language):
    form = filled(count="many")

    assert not form.validate()
    assert form.count.errors[0] in ("Enter a whole number", "Escriba un número entero")


def test_a_rules_refusal_stands_at_its_field_or_above_the_form(language):
    form = filled(amount="1")
    assert form.validate()

    form.refuse(BelowMinimum(5_00))
    form.refuse(NothingPicked())

    assert "$5.00" in form.errors["amount"][0]
    assert len(form.form_errors) == 1
    assert form.form_errors in form.errors.values()
