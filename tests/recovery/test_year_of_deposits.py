"""Weeks of card payments, refunds and disputes at the sandbox, its payouts, reports and the bank's file.

Each kind of error that is planted is found, and nothing else is.
"""

from datetime import timedelta

import pytest

from billing import deposit_differences, deposits_list
from billing.deposit_differences import What
from choices import AttemptState, StaffRole
from exchange import deposit_files
from models import Deposit
from money import plain_dollars
from tests import builders as the
from words import local_day

MERCHANT = "integration_merchant_id"
HEADER = (
    "Record ID,Record Type,Transfer ID,Order ID,Original Record ID,Disbursement Date,Gross Settlement Amount,"
    "Total Net Fees,Net Disbursed Amount,Card Holder"
)
SUMMARY = "Merchant Account ID,Transfer ID(s),Bank Account,Currency,Net Disbursed Amount"
DISPUTE_FEE = 15_00


class Processor:
    """Writes the report and the bank's file from what the sandbox paid out; errors are planted between the two."""

    def __init__(self, world, staff):
        self.world, self.staff = world, staff
        self.transfers, self.disputes = {}, []

    def week(self, people, size):
        """Payments of a Monday, settled, paid out and announced by the next; returns the attempts."""
        made = [self.world.paid(person) for person in people[:size]]
        self.world.pass_(days=7)
        self.world.hear()
        self._read_payouts()
        return made

    def refund(self, attempt, cents):
        self.world.gateway.refund(attempt.transaction_id, f"{attempt.order_id}-R1", f"r{attempt.id}", cents)

    def dispute(self, attempt):
        id = self.world.server.control("disputes", {"transaction_id": attempt.transaction_id})["id"]
        self.disputes.append((id, attempt))

    def sells(self, cents):
        """At the processor's own screen."""
        self.world.gateway.charge("till-7", f"k{cents}", cents, self.world.source())

    def _read_payouts(self):
        """Each payout with its rows: id, type, order, sale, gross, fee."""
        for row in self.world.server.store.all("disbursement", MERCHANT):
            if row["id"] not in self.transfers:
                rows = [self._row(id) for id in row["transaction_ids"]]
                rows += [(id, "Chargeback", "", sale.transaction_id, -sale.amount, DISPUTE_FEE)
                         for id, sale in self.disputes]  # fmt: skip
                self.disputes = []
                self.transfers[row["id"]] = {"on": row["on"], "rows": rows}

    def _row(self, id):
        fact = self.world.gateway.find(id)
        if fact.kind == "credit":
            return (id, "Refund", fact.order_id, fact.refund_of, -fact.cents, 0)
        return (id, "Sale", fact.order_id, "", fact.cents, fact.cents * 29 // 1000 + 30)

    def net(self, transfer):
        return sum(row[4] - row[5] for row in self.transfers[transfer]["rows"])

    def report(self, fees_of=lambda id, fee: fee, net_of=lambda transfer, net: net):
        """The report of everything, in its two sections."""
        lines = ["RH,DFR,Complete", f"RS,{SUMMARY}"]
        nets = {id: plain_dollars(net_of(id, self.net(id))) for id in self.transfers}
        lines += [f"RS,acct,{id},42,USD,{net}" for id, net in nets.items()]
        lines.append(f"RD,{HEADER}")
        for transfer, told in self.transfers.items():
            for id, kind, order, sale, gross, fee in told["rows"]:
                kept = fees_of(id, fee)
                fees = "" if kept is None else plain_dollars(-kept)
                net = "" if kept is None else plain_dollars(gross - kept)
                row = f"RD,{id},{kind},{transfer},{order},{sale},{told['on']},{plain_dollars(gross)},{fees},{net}"
                lines.append(f"{row},Ana Delgado-Demo")
        return "\n".join([*lines, "RF,9"]).encode()

    def bank(self, amount_of=lambda transfer, net: net, text_of="BRAINTREE {}".format):
        lines = ["Date,Description,Amount"]
        for transfer, told in self.transfers.items():
            amount = amount_of(transfer, self.net(transfer))
            if amount is not None:
                lines.append(f"{told['on']},{text_of(transfer)},{plain_dollars(amount)}")
        return "\n".join([*lines, "2026-11-21,Rent,-900.00"]).encode()

    def takes_in(self, report, statement):
        """Both files, as staff loads them; the bank's columns are named once."""
        stamp = the.Stamp.of("staff:1", self.world.clock(), the.ZONE)
        taken = deposit_files.report(report, "report.csv", None, self.staff, stamp)
        assert taken.problems == ()
        row = deposit_files.begin_bank(statement, "bank.csv", self.staff, stamp)
        columns = {"date": "Date", "description": "Description", "amount": "Amount"}
        assert deposit_files.take_bank(row, columns, "month_first", stamp).problems == ()

    def today(self):
        return local_day(self.world.clock(), the.ZONE)


@pytest.fixture
def processor(world, portal):
    return Processor(world, the.a_staff_member("Rosa Quill-Demo", StaffRole.BILLER))


def people(count):
    return [the.a_person(f"Client{n} Number-Demo") for n in range(count)]


def lived(processor, weeks, size):
    """So many weeks with a refund every third and a dispute every fourth; returns all attempts."""
    known, made = people(size), []
    for week in range(weeks):
        if made and week % 3 == 1:
            processor.refund(made[-1], 40_00)
        if made and week % 4 == 2:
            processor.dispute(made[-size])
        made += processor.week(known, size)
    return made


def named(today):
    return sorted(str(each.what) for each in deposits_list.to_look_at(today))


@pytest.mark.parametrize(("weeks", "size"), [(3, 2), pytest.param(52, 4, marks=pytest.mark.slow)])
def test_an_honest_year_matches_to_the_cent_and_nothing_is_invented(processor, weeks, size):
    lived(processor, weeks, size)

    processor.takes_in(processor.report(), processor.bank())

    deposits = list(Deposit.select())
    assert len(deposits) == len(processor.transfers) >= weeks
    assert all(each.matched_at for each in deposits)
    assert {each.transfer_id: each.net for each in deposits} == {id: processor.net(id) for id in processor.transfers}
    assert sum(each.fees for each in deposits) > 0 and sum(each.disputes for each in deposits) > 0
    assert deposit_differences.of(deposits) == {each.id: [] for each in deposits}
    assert named(processor.today()) == []


@pytest.mark.parametrize(("weeks", "size"), [(4, 1), pytest.param(52, 4, marks=pytest.mark.slow)])
def test_each_planted_error_is_found_and_only_these(processor, weeks, size):
    made = lived(processor, weeks, size)
    processor.sells(77_00)  # not in the books
    made += processor.week(people(size), size)
    ids = list(processor.transfers)
    first, second, third, last = ids[0], ids[1], ids[2], ids[-1]
    sales = [row for id in ids for row in processor.transfers[id]["rows"] if row[1] == "Sale" and row[2] != "till-7"]
    rows = processor.transfers
    rows[first]["rows"].append(("rf-x", "Refund", "", "", -5_00, 0))  # nobody here gave it back
    rows[first]["rows"].append(("dp-x", "Chargeback", "", "", -6_00, 0))
    rows[third]["rows"].append(sales[0])  # paid out twice
    changed = next(row for row in rows[second]["rows"] if row[1] == "Sale")
    rows[second]["rows"][rows[second]["rows"].index(changed)] = (*changed[:4], changed[4] - 10_00, changed[5])
    feeless = next(row[0] for row in rows[last]["rows"] if row[1] == "Sale")
    never = never_paid_out(processor)

    processor.takes_in(
        processor.report(
            fees_of=lambda id, fee: None if id == feeless else fee,
            net_of=lambda id, net: net + 1 if id == ids[3] else net,
        ),
        processor.bank(amount_of=lambda id, net: {first: net - 1, third: None}.get(id, net)),
    )

    everything = [each for rows in deposit_differences.of(list(Deposit.select())).values() for each in rows]
    planted = ["amount", "bank", "dispute", "double", "fee", "refund", "sale", "sum"]
    assert sorted(str(each.what) for each in everything) == planted
    found = deposits_list.to_look_at(processor.today())
    assert [each.deposit.transfer_id for each in found if each.what == What.LATE] == [third]
    assert [each.payment.attempt for each in found if each.deposit is None] == [never]
    off = {each.transfer_id for each in Deposit.select() if not each.matched_at}
    assert off == {first, third, ids[3], last}


def never_paid_out(processor):
    """A payment of weeks ago that settled, and that the processor forgot."""
    ana = the.ana()
    on = processor.today() - timedelta(days=14)
    charge = the.a_charge(ana, on, "33.00")
    facts = {"state": AttemptState.SUCCEEDED, "transaction_id": "forgotten"}
    attempt = the.an_attempt(ana, (charge, "33.00"), **facts)
    the.a_settled(charge, on=on, method="card", source="portal", way="one", user=ana.user, attempt=attempt)
    return attempt
