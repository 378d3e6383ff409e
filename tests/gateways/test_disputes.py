"""Disputes through the adapter: what comes back, and what each failure proves."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from gateways import GatewayUnavailable, Outcome
from gateways.braintree import BraintreeAdapter
from gateways.braintree import disputes as readings
from gateways.braintree.connection import connect
from gateways.disputes import DisputeAnswer, DisputeKind, DisputeStanding, disputes_of
from tests.sandbox.fixtures import account_at, fresh, test_card

STEPS = {
    "evidence": lambda gateway, id: gateway.add_evidence(id, "Signed payment policy"),
    "take back": lambda gateway, id: gateway.remove_evidence(id, gateway.find_dispute(id).evidence[0].id),
    "accept": lambda gateway, id: gateway.accept_dispute(id),
    "fight": lambda gateway, id: gateway.fight_dispute(id),
}
PATHS = {
    "evidence": "POST .*/evidence$",
    "take back": "DELETE .*/evidence/",
    "accept": "PUT .*/accept$",
    "fight": "PUT .*/finalize$",
}


@pytest.fixture
def opened(gateway, sandbox_server):
    """Opens a dispute about a settled sale; its id."""

    def opened(**given):
        sale = gateway.charge(*fresh(), 80_00, test_card(sandbox_server)).fact
        connect(account_at(sandbox_server.port)).testing.settle_transaction(sale.id)
        return sandbox_server.control("disputes", {"transaction_id": sale.id, **given})["id"]

    return opened


@pytest.fixture
def dispute(gateway, opened):
    """An open dispute with one text handed in."""
    id = opened(amount="77.00")
    assert gateway.add_evidence(id, "Consent of 2026-01-12").outcome is Outcome.APPROVED
    return id


def test_a_dispute_is_told_in_whole_cents_and_days(gateway, opened):
    id = opened(kind="pre_arbitration", reason="duplicate", amount="12.50", reply_by="2099-01-31")
    added = gateway.add_evidence(id, "Signed payment policy, version 3", "GENERAL")

    fact = gateway.find_dispute(id)
    assert (fact.status, fact.standing) == ("open", DisputeStanding.OPEN)
    assert (fact.kind, fact.reason) == (DisputeKind.PRE_ARBITRATION, "duplicate")
    assert (fact.cents, fact.currency, fact.reply_by) == (12_50, "USD", date(2099, 1, 31))
    assert gateway.find(fact.transaction_id).dispute_ids == (id,)
    (piece,) = fact.evidence
    assert added == DisputeAnswer(Outcome.APPROVED, evidence_id=piece.id)
    assert (piece.category, piece.text) == ("GENERAL", "Signed payment policy, version 3")
    assert (piece.sent_at.tzinfo, piece.sent_at.date()) == (UTC, fact.opened_on)


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("open", DisputeStanding.OPEN),
        ("disputed", DisputeStanding.ANSWERED),
        ("under_review", DisputeStanding.ANSWERED),
        ("won", DisputeStanding.WON),
        *((status, DisputeStanding.LOST) for status in ("lost", "accepted", "auto_accepted", "expired")),
    ],
)
def test_a_status_means_something_to_the_books(gateway, sandbox_server, dispute, status, standing):
    sandbox_server.control("disputes", {"id": dispute, "status": status})

    assert (gateway.find_dispute(dispute).status, gateway.find_dispute(dispute).standing) == (status, standing)


def test_disputes_of_a_span_come_oldest_first_from_every_page(gateway, sandbox_server, opened):
    day = "2022-03-0{}T12:00:00Z"
    try:
        sandbox_server.control("clock", {"set": day.format(1)})
        early = opened()
        sale = gateway.find_dispute(early).transaction_id
        for number, times in ((2, 1), (3, 51), (4, 1)):
            sandbox_server.control("clock", {"set": day.format(number)})
            for _ in range(times):
                late = sandbox_server.control("disputes", {"transaction_id": sale, "amount": "1.00"})["id"]
    finally:
        sandbox_server.control("clock", {"set": datetime.now(UTC).isoformat()})

    found = gateway.disputes_received(date(2022, 3, 2), date(2022, 3, 3))

    assert [fact.opened_on.day for fact in found] == [2] + [3] * 51
    assert not {early, late} & {fact.id for fact in found}
    assert gateway.disputes_received(date(2022, 3, 5), date(2022, 3, 9)) == ()


def test_accepting_loses_and_fighting_waits(gateway, opened):
    given_up, fought = opened(), opened()

    assert gateway.accept_dispute(given_up) == gateway.fight_dispute(fought) == DisputeAnswer(Outcome.APPROVED)

    standings = gateway.find_dispute(given_up).standing, gateway.find_dispute(fought).standing
    assert standings == (DisputeStanding.LOST, DisputeStanding.ANSWERED)


def test_what_is_taken_back_is_gone(gateway, dispute):
    assert STEPS["take back"](gateway, dispute) == DisputeAnswer(Outcome.APPROVED)
    assert gateway.find_dispute(dispute).evidence == ()


def test_a_dispute_that_waits_for_no_answer_takes_none(gateway, dispute):
    gateway.accept_dispute(dispute)

    refused = {name: step(gateway, dispute) for name, step in STEPS.items()}

    assert {answer.outcome for answer in refused.values()} == {Outcome.DECLINED}
    codes = {name: answer.code for name, answer in refused.items()}
    assert codes == {"evidence": "95701", "take back": "95702", "accept": "95704", "fight": "95705"}
    assert refused["fight"].staff_text == "Disputes can only be finalized when they are in an Open state"


def test_an_unknown_category_is_declined(gateway, dispute):
    answer = gateway.add_evidence(dispute, "text", "DIAGNOSIS")

    assert (answer.outcome, answer.code, answer.evidence_id) == (Outcome.DECLINED, "95706", "")


@pytest.mark.parametrize("id", ["", "a/b", "a b"])
def test_an_id_that_is_none_is_never_sent(gateway, id):
    answers = [
        gateway.add_evidence(id, "text"),
        gateway.remove_evidence("d1", id),
        gateway.accept_dispute(id),
        gateway.fight_dispute(id),
    ]

    assert [answer.outcome for answer in answers] == [Outcome.NOT_SENT] * 4
    assert gateway.find_dispute(id) is None


def test_an_empty_text_is_never_sent(gateway, dispute):
    assert gateway.add_evidence(dispute, " \n").outcome is Outcome.NOT_SENT
    assert len(gateway.find_dispute(dispute).evidence) == 1


def test_what_does_not_exist_is_not_found(gateway, dispute):
    assert gateway.find_dispute("nosuch") is None
    assert gateway.accept_dispute("nosuch").outcome is Outcome.UNKNOWN
    assert gateway.remove_evidence(dispute, "nosuch").outcome is Outcome.UNKNOWN


FAULTS = [
    ({"action": "status", "status": 401}, Outcome.NOT_SENT, False),
    ({"action": "status", "status": 403}, Outcome.NOT_SENT, False),
    ({"action": "drop"}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 404}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 500}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 503}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 201}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 200, "body": "oops"}, Outcome.UNKNOWN, False),
    ({"action": "status", "status": 422, "body": "<odd><errors/></odd>"}, Outcome.UNKNOWN, False),
    ({"action": "apply_then_drop"}, Outcome.UNKNOWN, True),
    ({"action": "apply_then_status", "status": 500}, Outcome.UNKNOWN, True),
]
NO_NUMBER = "<api-error-response><errors><errors type='array'/></errors><message>?</message></api-error-response>"


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(("fault", "outcome", "done"), FAULTS, ids=lambda value: str(value))
def test_a_step_lost_on_the_way_can_be_seen_in_the_dispute(gateway, faults, dispute, step, fault, outcome, done):
    before = gateway.find_dispute(dispute)
    faults(PATHS[step], **fault)

    assert STEPS[step](gateway, dispute).outcome is outcome

    assert (gateway.find_dispute(dispute) != before) is done


@pytest.mark.parametrize("step", STEPS)
def test_a_refusal_without_a_number_proves_nothing(gateway, faults, dispute, step):
    faults(PATHS[step], "status", status=422, body=NO_NUMBER)

    assert STEPS[step](gateway, dispute) == DisputeAnswer(Outcome.UNKNOWN, "?")


@pytest.mark.parametrize("step", ["take back", "accept", "fight"])
def test_a_yes_that_cannot_be_seen_is_unknown(gateway, faults, dispute, step):
    evidence_id = gateway.find_dispute(dispute).evidence[0].id
    faults("GET .*/disputes/", "status", status=500)

    answers = {
        "take back": lambda: gateway.remove_evidence(dispute, evidence_id),
        "accept": lambda: gateway.accept_dispute(dispute),
        "fight": lambda: gateway.fight_dispute(dispute),
    }
    assert answers[step]().outcome is Outcome.UNKNOWN


def test_a_slow_answer_is_unknown(sandbox_server, faults, dispute):
    faults(PATHS["accept"], "apply_then_delay", seconds=0.4)
    gateway = BraintreeAdapter(account_at(sandbox_server.port, read_seconds=0.2))

    assert gateway.accept_dispute(dispute).outcome is Outcome.UNKNOWN
    assert gateway.find_dispute(dispute).standing is DisputeStanding.LOST


@pytest.mark.parametrize("status", [401, 404, 500])
def test_a_question_without_an_answer_says_so(gateway, faults, status):
    faults("", "status", times=2, status=status)

    with pytest.raises(GatewayUnavailable):
        gateway.disputes_received(date(2022, 3, 2), date(2022, 3, 3))
    if status != 404:
        with pytest.raises(GatewayUnavailable):
            gateway.find_dispute("d1")


@pytest.mark.parametrize(
    "odd", [{"received_date": datetime(2022, 3, 2, tzinfo=UTC)}, {"received_date": None}, {"kind": "quarrel"}], ids=str
)
def test_a_dispute_that_cannot_be_read_is_no_fact(odd):
    with pytest.raises(ValueError, match="not a"):
        readings.fact(plain(**odd))


def test_what_was_not_sent_reads_as_nothing():
    bare = readings.fact(plain(status="invented_tomorrow"))

    assert (bare.standing, bare.reply_by, bare.evidence) == (DisputeStanding.OPEN, None, ())


def plain(**facts):
    """A dispute as the SDK gives it when only what must be there is there."""
    known = {"id": "d1", "status": "open", "kind": "chargeback", "amount_disputed": "1.00"}
    known |= {"received_date": date(2022, 3, 2), "transaction_details": SimpleNamespace(id="t1")}
    return SimpleNamespace(**known | facts)


def test_a_processor_without_disputes_is_not_asked(gateway):
    assert disputes_of(gateway) is gateway
    assert disputes_of(SimpleNamespace(can=SimpleNamespace(disputes=False))) is None
