"""Forms by which staff write into the books."""

from typing import Any

from wtforms import RadioField, SelectField, StringField

from billing.charges import ADJUSTMENTS, TRANSFERS
from billing.desk import Decision
from billing.figures import ChargeFigures
from billing.once import Ask
from billing.receiving import BY_HAND, Received
from choices import Payer
from views.context import say
from views.forms import DollarsField
from views.practice.acting import stamp
from views.practice.forms import LabelledForm, day_field, long_field, text_field

OF_PLAN, OF_CLIENT = "plan", "client"


class AmountField(DollarsField):
    """An amount of the books, in cents."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError("pr.desk.err.number") from None


class MoneyForm(LabelledForm):
    """A form that is booked once: `seen` is the end of the account's ledger when the page was drawn."""

    names = ("amount", "category", "reason", "part", "paid", "discount", "client", "why", "plan", "reference",
             "method", "paid_on", "seen", "whole")  # fmt: skip
    labels = {name: f"pr.desk.{name}" for name in names}
    seen = StringField()

    def ask(self) -> Ask:
        return Ask(stamp(), self.seen.data or "")


class AdjustForm(MoneyForm):
    """A lower price, without money; `part` where a plan and the client both still owe some of it."""

    part = RadioField(validate_choice=False)
    category = RadioField(validate_choice=False)
    amount = AmountField()
    reason = long_field()

    def __init__(self, figures: ChargeFigures, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.category.choices = [(word, say(f"pr.cat.{word}")) for word in ADJUSTMENTS]
        both = figures.charge.payer == Payer.INSURANCE and figures.pending and figures.open
        if not both:
            del self.part
            self.of_client = figures.charge.payer == Payer.INSURANCE and not figures.pending
            return
        self.part.choices = [(word, say(f"pr.desk.part.{word}")) for word in (OF_PLAN, OF_CLIENT)]
        self.part.data = self.part.data or OF_PLAN
        self.of_client = self.part.data == OF_CLIENT


class DecisionForm(MoneyForm):
    """What a plan's letter says."""

    plan = text_field()
    reference = text_field()
    paid = AmountField()
    discount = AmountField()
    client = AmountField()
    why = SelectField(validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.why.choices = [(word, say(f"pr.cat.{word}")) for word in TRANSFERS]

    def said(self) -> Decision:
        return Decision(
            paid=self.paid.data, discount=self.discount.data, client=self.client.data, why=self.why.data,
            plan=self.plan.data, reference=self.reference.data,
        )  # fmt: skip


class WhyForm(MoneyForm):
    """A reason alone: to hold a charge, or to void it."""

    reason = long_field()


class UndoForm(WhyForm):
    """How much of an entry is taken back."""

    amount = AmountField()


class ReceivedForm(MoneyForm):
    """Money that came by hand."""

    amount = AmountField()
    method = RadioField(validate_choice=False)
    paid_on = day_field()
    reference = text_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.method.choices = [(way.value, say(f"pr.method.{way}")) for way in BY_HAND]

    def got(self, charges: list[str]) -> Received:
        return Received(
            self.amount.data, self.method.data or "", self.paid_on.data, self.reference.data, tuple(charges)
        )
