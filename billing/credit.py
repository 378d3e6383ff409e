"""Credit is the client's money; here it is used by the client's own tap. It never moves between accounts."""

from billing.ledger import account_figure, payment_figures
from billing.postings import pay_oldest_first
from billing.stamp import Stamp
from models import Account, db
from money import Cents


def usable(account: Account) -> Cents:
    """How much credit could pay something now."""
    figures = account_figure(account)
    return min(figures.usable, figures.payable)


def use(account: Account, stamp: Stamp) -> Cents:
    """Let credit pay what is payable: oldest payment first, oldest charge first. Returns the cents used."""
    with db.atomic():
        before = account_figure(account).credit
        for row in payment_figures([account]):
            if row.usable > 0:
                pay_oldest_first(row.payment, stamp)
        return before - account_figure(account).credit
