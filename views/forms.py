"""What all forms share: text becomes types, what was typed stays, and every refusal is a sentence of the catalogue."""

from typing import Any

from flask import request
from flask_wtf import FlaskForm
from wtforms import Field, PasswordField, StringField
from wtforms.form import BaseForm

from billing.errors import BillingError
from billing.notes import holds_card_number
from money import parse_dollars, plain_dollars
from views.context import say

# What WTForms says by itself, in our words.
OWN_WORDS = {
    "This field is required.": "form.required",
    "Not a valid choice.": "form.choice",
    "Not a valid date value.": "form.date",
    "Not a valid integer value.": "form.number",
}


MOST = 2**63 - 1  # what a column of the database can hold


def whole(text: str) -> int:
    """A whole number from an address or a form.

    Raises:
        ValueError: it is none, or further than any of ours can be; werkzeug then takes it as absent.
    """
    number = int(text)
    if abs(number) > MOST:
        raise ValueError(text[:40])
    return number


class Words:
    """A validator's message is a catalogue key; this turns it into the reader's language."""

    def gettext(self, text: str) -> str:
        return say(OWN_WORDS.get(text, "form.check"))

    def ngettext(self, one: str, many: str, count: int) -> str:
        return self.gettext(one)


class Form(FlaskForm):
    """A form whose messages are catalogue keys. The app checks the CSRF token of every POST itself.

    No field of any form takes a card number (PCI DSS SAQ A: we never store one): this asks nobody to remember it.
    """

    # Whether the summary of errors names each field by its label before the sentence.
    named = False

    class Meta(FlaskForm.Meta):
        csrf = False
        locales = False

        def get_translations(self, form: BaseForm) -> Words:
            return Words()

        def wrap_formdata(self, form: BaseForm, formdata: Any) -> Any:
            """What is sent as JSON is no form of ours, and never read: it may be nested without end."""
            by_itself = not hasattr(formdata, "getlist")
            return None if by_itself and request.is_json else super().wrap_formdata(form, formdata)

    def validate(self, extra_validators: Any = None) -> bool:
        passed: bool = super().validate(extra_validators)
        for field in self:
            if not field.errors and _holds_card_number(field):
                field.errors, passed = ["pr.err.card"], False
            field.errors = [_in_words(error) for error in field.errors]
        return passed

    def refuse(self, error: BillingError) -> None:
        """Show a rule's refusal at its field, or above the form when it belongs to none here."""
        sentence = say(error.key, **error.values)
        if error.field in self:
            self[error.field].errors = [*self[error.field].errors, sentence]
        else:
            self.form_errors.append(sentence)


class PasswordForm(Form):
    """A new password. What may be chosen says `identity.passwords`."""

    password = PasswordField(filters=[lambda text: (text or "")[:1024]])


class DollarsField(StringField):
    """A dollar amount; `.data` is whole cents, or None when nothing was typed."""

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return "" if self.data is None else plain_dollars(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        typed = valuelist[0].strip() if valuelist else ""
        try:
            self.data = parse_dollars(typed) if typed else None
        except ValueError:
            self.data = None
            raise ValueError("one.err.format") from None


def _holds_card_number(field: Field) -> bool:
    """A password may be any letters; it is kept as a hash, and shown to nobody."""
    typed = isinstance(field, StringField) and not isinstance(field, PasswordField)
    return typed and any(holds_card_number(str(text)) for text in field.raw_data or ())


def _in_words(error: object) -> str:
    text = str(error)
    return say(text) if _is_key(text) else text


def _is_key(text: str) -> bool:
    return "." in text and " " not in text
