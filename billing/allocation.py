"""How an amount is spread over charges. Pure functions on what each can take."""

from collections.abc import Iterable
from typing import NamedTuple

from billing.figures import ChargeFigures
from models import Charge
from money import Cents


class Share(NamedTuple):
    charge: Charge
    amount: Cents


def oldest_first(amount: Cents, figures: Iterable[ChargeFigures]) -> list[Share]:
    """Spread `amount` over what is payable of `figures`, in the order given, filling each before the next.

    What is left over is unapplied credit: `amount - sum(share.amount)`.
    """
    shares = []
    for row in figures:
        take = min(amount, row.payable)
        if take > 0:
            shares.append(Share(row.charge, take))
            amount -= take
    return shares
