"""Forms of the practice's side: text becomes types; what may be kept is decided in billing."""

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from babel.dates import get_timezone_name
from wtforms import (
    BooleanField,
    DateField,
    Field,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import Optional

from billing.figures import ChargeFigures
from billing.transactions import Filter, Standing
from choices import Layout, Method, PayBy, PostingMode, Source
from models import Charge, Practice, Provider
from money import Cents
from views.context import day, language, say
from views.forms import DollarsField, Form

ZONES = (
    "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
    "America/Anchorage", "Pacific/Honolulu", "America/Puerto_Rico", "Pacific/Guam",
)  # fmt: skip
POSTED = {"yes": True, "no": False}
FILTERS = ("from_on", "to_on", "standing", "method", "source", "posted")


def sensible(form: Form, field: DateField) -> None:
    """A year that a payment book can have; others come from slips of the finger."""
    if field.data and not date(1970, 1, 1) <= field.data <= date(2199, 12, 31):
        raise ValidationError("form.date")


def day_field() -> DateField:
    return DateField(validators=[Optional(), sensible])


def text_field() -> StringField:
    return StringField(filters=[lambda text: text or ""])


def long_field() -> TextAreaField:
    return TextAreaField(filters=[lambda text: text or ""])


def choice_field() -> SelectField:
    """Nothing chosen is an answer; "Any" is among the choices, so that a blank that is none is refused."""
    return SelectField(default="")


class LabelledForm(Form):
    """A form whose fields know their labels; `labels` has the catalogue keys of those that are no setting's."""

    named = True
    labels: ClassVar[Mapping[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = say(self.labels.get(field.name, f"pr.set.{field.name}"))


class SearchForm(LabelledForm):
    """One box over a list of accounts."""

    labels = {"q": "pr.acct.q"}
    q = text_field()


class FilterForm(SearchForm):
    """What of the payments list to show; a filter that cannot be read is not used."""

    labels = {"q": "pr.tx.q", **{name: f"pr.tx.{name.removesuffix('_on')}" for name in FILTERS}}
    from_on = day_field()
    to_on = day_field()
    standing = choice_field()
    method = choice_field()
    source = choice_field()
    posted = choice_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anything = ("", say("pr.tx.any"))
        self.source.choices = [anything, *((word.value, say(f"pr.tx.source.{word}")) for word in Source)]
        self.posted.choices = [anything, *((word, say(f"pr.tx.posted.{word}")) for word in POSTED)]
        self.standing.choices = [anything, *((word.value, say(f"pr.tx.{word}")) for word in Standing)]
        self.method.choices = [anything, *((word.value, say(f"pr.method.{word}")) for word in Method)]

    def wanted(self, account: str, before: str) -> Filter:
        def good(name: str) -> Any:
            return self[name].data if self[name].data and not self[name].errors else None

        standing, method, source = good("standing"), good("method"), good("source")
        return Filter(
            text=(self.q.data or "").strip(), from_on=good("from_on"), to_on=good("to_on"), account=account,
            before=before, source=Source(source) if source else None, posted=POSTED.get(good("posted")),
            standing=Standing(standing) if standing else None, method=Method(method) if method else None,
        )  # fmt: skip


class SectionForm(LabelledForm):
    """Part of the practice's settings; every field is a column of `Practice`."""

    def load(self, practice: Practice) -> None:
        """Show what is kept now."""
        for field in self:
            field.data = getattr(practice, field.name)

    def kept(self) -> dict[str, Any]:
        return {field.name: field.data for field in self}


class DetailsForm(SectionForm):
    """Who the practice is and how it is reached."""

    name = text_field()
    legal_name = text_field()
    short_name = text_field()
    line1 = text_field()
    line2 = text_field()
    city = text_field()
    state = text_field()
    zip = text_field()
    phone = text_field()
    email = text_field()
    time_zone = SelectField(validate_choice=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones = dict.fromkeys((*ZONES, Practice.the().time_zone))
        self.time_zone.choices = [(zone, _zone_name(zone)) for zone in zones]


def _zone_name(zone: str) -> str:
    """ "Mountain Time", and its own name for Arizona, which keeps no summer time."""
    name = get_timezone_name(zone, locale={"en": "en_US", "es": "es_US"}[language()])
    arizona = " (Arizona)" if zone == "America/Phoenix" else ""
    return f"{name[0].upper()}{name[1:]}{arizona}"


class PapersForm(SectionForm):
    """What invoices, receipts and superbills say of the practice."""

    ein = text_field()
    group_npi = text_field()
    invoice_due_days = IntegerField()
    statement_day = IntegerField(validators=[Optional()])
    refund_policy = long_field()
    telehealth_live = text_field()
    telehealth_audio = text_field()
    part2_program = BooleanField()
    part2_notice = long_field()

    def load(self, practice: Practice) -> None:
        self.telehealth_live.data, self.telehealth_audio.data = practice.telehealth_modifiers
        for field in self:
            if not field.name.startswith("telehealth"):
                field.data = getattr(practice, field.name)

    def kept(self) -> dict[str, Any]:
        columns = super().kept()
        columns["telehealth_modifiers"] = [columns.pop("telehealth_live"), columns.pop("telehealth_audio")]
        return columns


class CheckoutForm(SectionForm):
    """How clients pay and how their payments reach the books."""

    show_balance = BooleanField()
    posting_mode = RadioField(validate_choice=False)
    checkout_layout = RadioField(validate_choice=False)
    minimum_payment = DollarsField()
    per_line_amounts = BooleanField()
    notes_on = BooleanField()
    saved_cards_on = BooleanField()
    descriptor = text_field()
    go_live_on = day_field()
    payment_copy_to = text_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.posting_mode.choices = [(mode.value, say(f"pr.set.posting.{mode}")) for mode in PostingMode]
        self.checkout_layout.choices = [(layout.value, say(f"pr.set.layout.{layout}")) for layout in Layout]

    def load(self, practice: Practice) -> None:
        super().load(practice)
        if not practice.posting_chosen:
            self.posting_mode.data = None


class OutsideForm(SectionForm):
    """Where clients pay when it is not here; the host is typed twice, since money goes there."""

    pay_by = RadioField(validate_choice=False)
    outside_name = text_field()
    outside_host = text_field()
    outside_again = text_field()
    outside_path = text_field()
    outside_id = text_field()
    outside_days = IntegerField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pay_by.choices = [(by.value, say(f"pr.set.pay_by.{by}")) for by in PayBy]

    def validate_outside_again(self, field: Field) -> None:
        if field.data.strip().lower() != self.outside_host.data.strip().lower():
            raise ValidationError("pr.err.again")

    def load(self, practice: Practice) -> None:
        self.outside_again.data = practice.outside_host
        for name in self.kept():
            self[name].data = getattr(practice, name)

    def kept(self) -> dict[str, Any]:
        return {name: value for name, value in super().kept().items() if name != "outside_again"}


class LimitsForm(SectionForm):
    """How much money one person may give back alone."""

    refund_limit = DollarsField()


SECTIONS: dict[str, type[SectionForm]] = {
    "details": DetailsForm, "papers": PapersForm, "checkout": CheckoutForm, "outside": OutsideForm,
    "refunds": LimitsForm,
}  # fmt: skip


class ProviderForm(LabelledForm):
    """A clinician as superbills name them."""

    labels = {"name": "pr.prov.name"}
    name = text_field()
    credentials = text_field()
    license_type = text_field()
    license_number = text_field()
    license_state = text_field()
    npi = text_field()
    taxonomy = text_field()
    medicare_opted_out_on = day_field()
    supervisor = SelectField(validate_choice=False)

    def __init__(self, others: list[Provider], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nobody = ("", say("pr.prov.nobody"))
        self.supervisor.choices = [nobody, *((other.key, other.name) for other in others)]

    def load(self, provider: Provider) -> None:
        for field in self:
            field.data = getattr(provider, field.name)
        self.supervisor.data = provider.supervisor.key if provider.supervisor else ""

    def kept(self) -> dict[str, Any]:
        return {field.name: field.data for field in self}


class ReasonForm(LabelledForm):
    """Why payments stop, for staff."""

    labels = {"reason": "pr.payments.reason", "message": "pr.switch.message"}
    reason = text_field()


class TurnOffForm(ReasonForm):
    """With what clients read meanwhile."""

    message = long_field()


def lines_form(rows: list[ChargeFigures]) -> type[Form]:
    """A form with an amount for each of these charges."""
    fields = {line_name(row): DollarsField(_line_label(row.charge)) for row in rows}
    return type("LinesForm", (Form,), {**fields, "named": True})


def _line_label(charge: Charge) -> str:
    return say("line.label", date=day(charge.service_date), label=charge.label_in(language()))


def line_name(row: ChargeFigures) -> str:
    return f"line-{row.charge.key}"


def line_amounts(form: Form, rows: list[ChargeFigures]) -> dict[int, Cents]:
    """Charge id -> cents; an empty box is nothing."""
    return {row.charge.id: form[line_name(row)].data or 0 for row in rows}
