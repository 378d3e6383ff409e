"""POST /settlement_batch_summary: what settled on a day, by account, brand and kind."""

from datetime import date
from typing import Any

from sandbox import merchants
from sandbox.call import Answer, Call, found
from sandbox.errors import Problems
from sandbox.money import dollars
from sandbox.xmlwire import Rows


def summary(call: Call) -> Answer:
    params = call.part("settlement_batch_summary")
    problems = Problems("settlement_batch_summary", params)
    day = _day(params, problems)
    field = params.get("group_by_custom_field") or ""
    if field and field not in merchants.CUSTOM_FIELDS:
        problems.add("82303", "group_by_custom_field")
    problems.stop()
    return found("settlement_batch_summary", {"records": Rows("record", _records(call, day, field))})


def _day(params: dict[str, Any], problems: Problems) -> str:
    text = str(params.get("settlement_date") or "")
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        problems.add("82302" if text else "82301", "settlement_date")
        return ""


def _records(call: Call, day: str, field: str) -> list[dict[str, Any]]:
    sums: dict[tuple[str, ...], tuple[int, int]] = {}
    for row in call.all("transaction"):
        if (row["batch_id"] or "").startswith(f"{day}_"):
            key = (row["card"]["brand"], row["account"], row["type"], row["custom_fields"].get(field, ""))
            count, cents = sums.get(key, (0, 0))
            sums[key] = count + 1, cents + row["cents"]
    return [_record(key, count, cents, field) for key, (count, cents) in sorted(sums.items())]


def _record(key: tuple[str, ...], count: int, cents: int, field: str) -> dict[str, Any]:
    brand, account, kind, custom = key
    record = {"card_type": brand, "merchant_account_id": account, "kind": kind, "count": str(count)}
    return record | {"amount_settled": dollars(cents)} | ({field: custom} if field else {})
