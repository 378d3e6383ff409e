"""What the books and the processor say of money that went back, in short; and a processor to stumble over."""

from models import Entry, Task

REFUND, VOID, SALE = "POST .*/refund$", "PUT .*/void$", "GET .*/transactions/[^/]+$"


class Between:
    """The real processor, where a subclass does something else in one call."""

    def __init__(self, gateway):
        self.gateway = gateway

    def __getattr__(self, name):
        return getattr(self.gateway, name)

    def refund(self, *facts):
        return self.gateway.refund(*facts)

    def void(self, *facts):
        return self.gateway.void(*facts)


def sums(kind):
    return [entry.amount for entry in Entry.select().where(Entry.kind == kind).order_by(Entry.id)]


def credits_of(till, attempt):
    """What the processor really gave back."""
    return [till.gateway.find(id).cents for id in till.gateway.find(attempt.transaction_id).refund_ids]


def tasks():
    return [task.kind for task in Task.select().where(Task.done_at.is_null()).order_by(Task.id)]
