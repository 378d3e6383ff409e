"""Forms around services: the fee schedule, what is agreed, what was rendered, and how a visit is parted."""

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from wtforms import BooleanField, HiddenField, IntegerField, RadioField, SelectField, StringField
from wtforms.validators import Optional

from billing import fees, service_charges, staffing, whom
from billing.errors import BillingError
from billing.formats import diagnosis
from billing.service_charges import Service, ServiceRefused
from billing.staffing import Act
from billing.whom import Whom
from choices import ChargeKind, Payer
from models import Account, Fee, Provider, Staff
from money import Cents, format_dollars, plain_dollars
from views.context import language, say
from views.forms import DollarsField, Form
from views.practice.forms import LabelledForm, choice_field, day_field, text_field

# CMS place-of-service codes, https://www.cms.gov/medicare/coding-billing/place-of-service-codes, read 2026-11.
PLACES = ("11", "10", "02", "12", "03", "53", "99")
MOST_DX = 12  # as many as a claim has room for
BREAKS = re.compile(r"[\s,;]+")
SERVICE = ("client", "fee", "service_date", "amount")


class FeeForm(LabelledForm):
    """One line of the fee schedule."""

    labels = {
        name: f"pr.fee.{name}"
        for name in ("fee_key", "label", "label_es", "amount", "kind", "code", "modifiers", "units", "hsa_eligible")
    }
    fee_key = text_field()
    label = text_field()
    label_es = text_field()
    amount = DollarsField()
    kind = RadioField(validate_choice=False)
    code = text_field()
    modifiers = text_field()
    units = IntegerField(default=1, validators=[Optional()])
    hsa_eligible = BooleanField(default=True)

    def __init__(self, fee: Fee | None) -> None:
        super().__init__(**({"obj": fee} if fee else {"kind": ChargeKind.SERVICE.value}))
        self.kind.choices = [(word.value, say(f"pr.fee.kind.{word}")) for word in fees.KINDS]
        if fee and not self.modifiers.raw_data:
            self.modifiers.data = " ".join(fee.modifiers)

    def kept(self) -> dict[str, Any]:
        columns: dict[str, Any] = {field.name: field.data for field in self}
        return columns | {"modifiers": BREAKS.split(self.modifiers.data.strip())}


def fee_field() -> SelectField:
    return SelectField(default="", validate_choice=False)


def offer(field: SelectField, lines: Iterable[Fee]) -> None:
    """The lines to choose from, each by what is typed to find it."""
    field.choices = [("", say("pr.svc.choose")), *((fee.fee_key, _line(fee)) for fee in lines)]


def _line(fee: Fee) -> str:
    label = fee.label_es if language() == "es" and fee.label_es else fee.label
    return f"{fee.fee_key} · {label} · {format_dollars(fee.amount)}"


def chosen(key: str) -> Fee:
    """The line somebody chose. Raises ServiceRefused when none was, or one that is not there."""
    found = Fee.get_or_none(Fee.fee_key == key)
    if found is None:
        raise ServiceRefused("form.choice", field="fee")
    line: Fee = found
    return line


class ServiceForm(LabelledForm):
    """One service. `page` is the random key of the page; what was `offered` as the amount counts as not typed."""

    labels = {
        name: f"pr.svc.{name}"
        for name in (
            "client", "fee", "service_date", "amount", "payer", "provider", "pos", "dx", "same_dx", "ready",
            "confidential", "policy_on", "policy_version", "page", "offered",
        )
    }  # fmt: skip
    page = HiddenField()
    offered = HiddenField()
    client = text_field()
    fee = fee_field()
    service_date = day_field()
    amount = DollarsField()
    payer = SelectField(default=Payer.CLIENT.value)
    provider = choice_field()
    pos = choice_field()
    dx = text_field()
    same_dx = BooleanField(default=True)
    ready = BooleanField(default=True)
    confidential = BooleanField()
    policy_on = day_field()
    policy_version = text_field()

    def __init__(self, today: date, **given: Any) -> None:
        super().__init__(**given)
        offer(self.fee, fees.offered())
        self.payer.choices = [(word.value, say(f"pr.svc.payer.{word}")) for word in Payer]
        everyone = Provider.select().order_by(Provider.name)
        self.provider.choices = [("", say("pr.svc.theirs")), *((each.key, each.name) for each in everyone)]
        self.pos.choices = [("", say("pr.svc.asbefore")), *((code, say(f"pr.svc.pos.{code}")) for code in PLACES)]
        self.today = today

    @property
    def typed_amount(self) -> Cents | None:
        """What somebody typed, and not just left as it was offered."""
        typed: Cents | None = self.amount.data
        return None if typed is None or plain_dollars(typed) == self.offered.data else typed

    def service(self, staff: Staff) -> Service:
        """What was rendered. Raises BillingError for a field that cannot be understood."""
        found, fee = whom.find(staff, self.client.data), chosen(self.fee.data)
        if self.service_date.data is None:
            raise ServiceRefused("form.date", field="service_date")
        usual = service_charges.usual(found.client, self.service_date.data)
        return Service(
            account=found.account, client=found.client, fee=fee, service_date=self.service_date.data,
            provider=self._provider(found), amount=self.typed_amount, payer=Payer(self.payer.data),
            pos=self.pos.data or usual.pos, dx=self._dx(staff) or (usual.dx if self.same_dx.data else ()),
            ready=self.ready.data, confidential=self.confidential.data,
        )  # fmt: skip

    def _provider(self, found: Whom) -> Provider | None:
        provider: Provider | None = Provider.get_or_none(Provider.key == self.provider.data)
        return provider or found.client.provider

    def _dx(self, staff: Staff) -> tuple[str, ...]:
        """The codes typed; who bills may take them over from the last visit, and neither reads nor types them."""
        typed = self.dx.data if staffing.may(staff, Act.CHANGE_DIAGNOSES) else ""
        codes = [code for code in BREAKS.split(typed.strip()) if code]
        try:
            kept = [diagnosis(code) for code in codes]
        except BillingError as refused:
            refused.field = "dx"
            raise
        if len(kept) > MOST_DX:
            raise ServiceRefused("pr.svc.err.dx", field="dx", most=str(MOST_DX))
        return tuple(dict.fromkeys(kept))


class AgreementForm(LabelledForm):
    """What is agreed with one client for one line, as an amount or as a part of the fee."""

    labels = {name: f"pr.agree.{name}" for name in ("amount", "percent", "from_on", "until_on", "reason")} | {
        "client": "pr.svc.client", "fee": "pr.svc.fee",
    }  # fmt: skip
    client = text_field()
    fee = fee_field()
    amount = DollarsField()
    percent = text_field()
    from_on = day_field()
    until_on = day_field()
    reason = text_field()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        offer(self.fee, [fee for fee in fees.offered() if fee.kind == ChargeKind.SERVICE])


class SplitForm(LabelledForm):
    """A visit parted between two accounts, by amounts or by percent."""

    labels = {
        name: f"pr.split.{name}" for name in ("first", "second", "first_account", "second_account", "how", "reason")
    }
    how = RadioField(default="percent")
    first_account = SelectField()
    first: StringField = text_field()
    second_account = SelectField()
    second: StringField = text_field()
    reason = text_field()

    def __init__(self, accounts: list[Account], **given: Any) -> None:
        super().__init__(**given)
        self.how.choices = [(word, say(f"pr.split.how.{word}")) for word in ("percent", "amount")]
        for field in (self.first_account, self.second_account):
            field.choices = [(each.key, f"{each.guarantor_name} · {each.number}") for each in accounts]


def tenths(text: str, field: str) -> int:
    """Tenths of a percent from "60" or "62.5". Raises ServiceRefused."""
    typed = re.fullmatch(r"(\d{1,3})(?:\.(\d))?\s*%?", text.strip(), re.ASCII)
    if typed is None:
        raise ServiceRefused("pr.agree.err.percent", field=field)
    return int(typed[1]) * 10 + int(typed[2] or 0)


def rows_form(count: int) -> type[Form]:
    """A form of `count` services below each other."""
    kinds: dict[str, Any] = {"service_date": day_field, "client": text_field, "fee": fee_field, "amount": DollarsField}
    cells = {row_name(row, name): make() for row in range(count) for name, make in kinds.items()}
    return type("RowsForm", (_Rows,), {**cells, "named": True})


class _Rows(Form):
    page = HiddenField()
    ready = BooleanField(default=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        lines = fees.offered()
        for field in self:
            name, _, row = field.name.partition("-")
            if row:
                field.label.text = say("pr.svc.row", n=int(row) + 1, what=say(f"pr.svc.{name}"))
            if name == "fee":
                offer(field, lines)


def row_name(row: int, name: str) -> str:
    return f"{name}-{row}"


def filled(form: Form, row: int) -> bool:
    """Whether anything but the day stands in this row."""
    return any((form[row_name(row, name)].raw_data or [""])[0].strip() for name in ("client", "fee", "amount"))


def row_service(form: Form, row: int, staff: Staff, ready: bool) -> Service:
    """The service typed in this row. Raises BillingError as `ServiceForm.service`."""
    cell = {name: form[row_name(row, name)].data for name in SERVICE}
    found, fee, on = whom.find(staff, cell["client"]), chosen(cell["fee"]), cell["service_date"]
    if on is None:
        raise ServiceRefused("form.date", field="service_date")
    usual = service_charges.usual(found.client, on)
    return Service(
        account=found.account, client=found.client, fee=fee, service_date=on, provider=found.client.provider,
        amount=cell["amount"], pos=usual.pos, dx=usual.dx, ready=ready,
    )  # fmt: skip
