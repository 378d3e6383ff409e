"""A payout becomes a deposit with its lines, whether it was announced or found later, and whose money each line is."""

from datetime import timedelta

from billing import deposit_news
from billing.deposits import expected
from choices import DepositLineKind, DepositSource
from models import Deposit, DepositLine, Payment
from tests import builders as the


def lines(deposit):
    rows = DepositLine.select().where(DepositLine.deposit == deposit).order_by(DepositLine.id)
    return [(line.kind, line.amount, line.payment_id, line.fee) for line in rows]


def test_an_announced_payout_is_a_deposit_of_its_payments_and_refunds(world, portal):
    world.paid(the.ana())
    world.paid(the.ben())
    earlier = world.settled(world.paid(the.noor()))
    world.gateway.refund(earlier.transaction_id, f"{earlier.order_id}-R1", "key", 40_00)
    world.pass_(days=7)

    world.hear()

    deposits = list(Deposit.select().order_by(Deposit.id))
    assert sum(each.gross for each in deposits) == 450_00
    assert sum(each.refunds for each in deposits) == 40_00
    assert all(each.net == expected(each) and each.fees == 0 for each in deposits)
    assert {each.source for each in deposits} == {DepositSource.ANNOUNCED}
    assert DepositLine.select().where(DepositLine.payment.is_null()).count() == 0
    assert Payment.select().count() == 3


def test_a_payout_nobody_announced_is_found_by_its_day(world):
    world.paid()
    world.pass_(days=7)
    today = world.clock().date()

    found = [deposit_news.sweep(world.gateway, today - timedelta(days=14), today, world.clock()) for _ in range(2)]

    assert found == [1, 0]
    assert (Deposit.get().transfer_id, Deposit.get().net) == (None, 150_00)
    assert lines(Deposit.get()) == [(DepositLineKind.SALE, 150_00, Payment.get().id, None)]


def test_the_notification_that_comes_after_all_is_put_with_what_was_found(world, portal):
    world.paid()
    world.pass_(days=7)
    deposit_news.sweep(world.gateway, world.clock().date() - timedelta(days=14), world.clock().date(), world.clock())

    world.hear()

    assert Deposit.get().transfer_id


def test_what_another_account_was_paid_is_left_alone(world):
    told = {"id": "d1", "day": "2026-11-20", "account": "somebody else's", "transaction_ids": ["t1"], "cents": 0}
    world.gateway.merchant_account = "ours"

    assert deposit_news.paid_out(world.gateway, told) == []


def test_news_of_another_accounts_payout_is_heard_and_makes_no_deposit(world, portal):
    world.paid()
    world.pass_(days=7)
    world.gateway.merchant_account = "ours"

    assert world.hear() >= 1
    assert Deposit.select().count() == 0
