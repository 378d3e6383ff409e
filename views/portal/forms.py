"""What clients type: text turned into cents and words. The rules of money are asked elsewhere."""

from collections.abc import Iterable
from typing import Any

from wtforms import BooleanField, StringField, TextAreaField, ValidationError

from billing import formats
from billing.errors import BillingError
from billing.formats import FieldRefused
from billing.notes import scrubbed
from views.forms import DollarsField, Form


def one_line(text: str | None) -> str:
    return (text or "").strip()


def plain_breaks(text: str | None) -> str:
    """Browsers send two characters for a new line; people count one."""
    return (text or "").replace("\r\n", "\n").replace("\0", "")


def email_or_nothing(form: Form, field: StringField) -> None:
    try:
        formats.email(field.data or "")
    except FieldRefused:
        raise ValidationError("pay.receipt.err") from None


def keepable(form: Form, field: TextAreaField) -> None:
    try:
        scrubbed(field.data)
    except BillingError as refusal:
        raise ValidationError(refusal.key) from None


class CheckoutForm(Form):
    """The pay page. Per-line amounts are added by `checkout_form`."""

    amount = DollarsField()
    note = TextAreaField(filters=[plain_breaks], validators=[keepable])
    receipt_email = StringField(filters=[one_line], validators=[email_or_nothing])
    card = StringField()
    save = BooleanField()


class CardForm(Form):
    """Keeping a card without paying; `save` is the consent."""

    card = StringField()
    save = BooleanField()


def line_field(charge_key: str) -> str:
    """The input of one charge's amount."""
    return f"line-{charge_key}"


def checkout_form(charge_keys: Iterable[str], **shown: Any) -> CheckoutForm:
    """The form with an amount for each of these charges; what was posted wins over `shown`."""
    lines = {line_field(key): DollarsField() for key in charge_keys}
    form: CheckoutForm = type("CheckoutForm", (CheckoutForm,), lines)(**shown)
    return form
