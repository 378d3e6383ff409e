"""What is always true of deposits: matched means that the parts, the net and the bank are the same to the cent."""

from collections import defaultdict
from collections.abc import Iterator

from billing.deposits import expected
from models import BankLine, Deposit
from money import format_dollars


def broken() -> Iterator[str]:
    """I21: one sentence for each matched deposit whose parts do not come to its net, or whose bank line differs."""
    by_line: dict[int, list[Deposit]] = defaultdict(list)
    for deposit in Deposit.select().where(Deposit.matched_at.is_null(False)).order_by(Deposit.id):
        by_line[deposit.bank_line_id].append(deposit)
        if expected(deposit) != deposit.net:
            yield f"Deposit {deposit.number}: its lines come to {format_dollars(expected(deposit))}, not its net."
    for line in BankLine.select().where(BankLine.id.in_(list(by_line))):
        net = sum(deposit.net for deposit in by_line[line.id])
        if net != line.amount:
            numbers = ", ".join(deposit.number for deposit in by_line[line.id])
            yield f"Deposit {numbers}: matched with {format_dollars(line.amount)}, but it is {format_dollars(net)}."
