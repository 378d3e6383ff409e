"""The rows before payments go on: what each asks, what it answers, and what blocks."""

from dataclasses import replace

import pytest

from billing import settings, ticks
from billing.checklist import Answer, Processor, ProcessorFacts, checklist
from billing.formats import FieldRefused
from choices import PayBy
from models import AuditEntry, Tick, User
from models import TestPayment as Dollar
from tests import builders as the
from tests.visitor import HASH

BUILT_IN, TRIAL, LIVE = (ProcessorFacts(kind) for kind in Processor)
COMPLETE = {
    "line1": "100 Example Ave", "city": "Exampleton", "state": "IL", "zip": "00000", "ein": "00-1234567",
}  # fmt: skip

PAGE = {
    "pay_by": PayBy.OUTSIDE, "outside_name": "Payline", "outside_host": "pay.example.com", "outside_path": "/harbor",
    "outside_id": "M-1", "outside_opened_at": the.NOW,
}  # fmt: skip


def rows(facts=BUILT_IN, **practice):
    found = checklist(the.the_practice(**practice), facts, the.TODAY)
    return {row.key.removeprefix("pr.check."): row for row in found}


@pytest.fixture
def ana(practice):
    ana = the.ana()
    User.update(password_hash=HASH).execute()
    return ana


EVERYTHING = ("bank", "receipts", "policy", "agreements", "saq", "scan", "kit")


def vouch(*names, on="2026-11-20"):
    for name in names:
        ticks.put(name, the.day(on), the.stamp())


def a_dollar(**facts):
    """A test payment that was taken from a real card and given back."""
    about = {"processor": "live", "state": "succeeded", "transaction_id": "t1", "back": "void", "returned_at": the.NOW}
    staff = the.a_staff_member(secured_at=the.NOW)
    kept = {**about, **facts}
    return Dollar.create(order_id="T000001-ABCDEF", request_key="k", by=staff, at=the.NOW, **kept)


# What each way of being paid asks for, in this order; in brackets what does not block.
ROWS = {
    LIVE: "portal balance linked processor bank webhook test name receipts practice (superbills) policy safe "
          "(agreements) (pci) posting (golive)",
    TRIAL: "portal balance linked (processor) webhook (name) practice (superbills) posting (golive)",
    BUILT_IN: "portal balance linked webhook (name) practice (superbills) posting (golive)",
}  # fmt: skip
OUTSIDE = "portal balance linked link practice (superbills) policy safe (agreements) (pci) posting (golive)"


@pytest.mark.parametrize(("facts", "pay_by", "asked"), [
    *((facts, PayBy.CARD, asked) for facts, asked in ROWS.items()), (LIVE, PayBy.OUTSIDE, OUTSIDE),
])  # fmt: skip
def test_each_way_of_being_paid_asks_for_its_own_rows(practice, facts, pay_by, asked):
    found = checklist(the.the_practice(pay_by=pay_by), facts, the.TODAY)
    keys = [(row.key.removeprefix("pr.check."), row.required) for row in found]
    assert " ".join(key if required else f"({key})" for key, required in keys) == asked
    assert [row.number for row in found] == sorted(row.number for row in found)


def test_a_ready_practice_is_done_throughout(ana, provider):
    a_dollar()
    vouch(*EVERYTHING)
    found = rows(LIVE, **COMPLETE, go_live_on=the.TODAY, refund_policy="Within 30 days.")
    assert {key for key, row in found.items() if row.answer != Answer.DONE} == set()
    assert not any(row.blocks for row in found.values())


def test_a_ready_practice_with_a_pay_page_outside_is_done_throughout(ana, provider):
    vouch("policy", "agreements", "saq", "scan", "kit")
    found = rows(LIVE, **COMPLETE, **PAGE, go_live_on=the.TODAY, refund_policy="Within 30 days.")
    assert {key for key, row in found.items() if row.answer != Answer.DONE} == set()


@pytest.mark.parametrize(("changed", "answer", "missing", "hint"), [
    ({}, Answer.DONE, (), ""),
    ({"outside_id": ""}, Answer.TODO, ("pr.set.outside_id",), ""),
    ({"outside_opened_at": None}, Answer.TODO, (), "pr.check.unopened"),
    ({"outside_host": "", "outside_opened_at": None}, Answer.TODO, ("pr.set.outside_host",), ""),
    ({"outside_host": "http://x"}, Answer.PROBLEM, ("pr.set.outside_host",), ""),
])  # fmt: skip
def test_a_pay_page_outside_must_be_complete_and_opened_once(practice, changed, answer, missing, hint):
    row = rows(LIVE, **{**PAGE, **changed})["link"]
    assert (row.answer, row.missing, row.hint, row.where) == (answer, missing, hint, "outside")
    assert row.blocks == (answer != Answer.DONE)


@pytest.mark.parametrize(("key", "name", "blocks"), [
    ("bank", "bank", True), ("receipts", "receipts", True), ("agreements", "agreements", False),
])  # fmt: skip
def test_what_only_people_know_waits_for_a_tick(practice, key, name, blocks):
    assert (rows(LIVE)[key].answer, rows(LIVE)[key].blocks) == (Answer.TODO, blocks)
    vouch(name)
    assert rows(LIVE)[key].answer == Answer.DONE
    ticks.undo(name, the.stamp())
    assert rows(LIVE)[key].answer == Answer.TODO


def test_receipts_need_mail_whatever_was_ticked(practice):
    vouch("receipts")
    row = rows(replace(LIVE, mails=False))["receipts"]
    assert (row.answer, row.hint, row.blocks) == (Answer.PROBLEM, "pr.check.nomail", True)


@pytest.mark.parametrize(("saq", "scan", "answer", "stale"), [
    ("2025-11-20", "2026-08-22", Answer.DONE, ()),
    ("2025-11-19", "2026-08-22", Answer.PROBLEM, ("saq",)),
    ("2025-11-20", "2026-08-21", Answer.PROBLEM, ("scan",)),
    (None, "2026-11-20", Answer.TODO, ()),
])  # fmt: skip
def test_the_card_safety_form_lasts_a_year_and_the_scan_ninety_days(practice, saq, scan, answer, stale):
    for name, on in (("saq", saq), ("scan", scan)):
        vouch(*[name] if on else [], on=on)
    row = rows(LIVE)["pci"]
    assert (row.answer, row.stale, row.blocks) == (answer, stale, False)


def test_the_policies_are_written_and_read_since_they_changed(practice):
    row = rows(LIVE)["policy"]
    assert (row.answer, row.missing, row.where) == (Answer.TODO, ("pr.set.refund_policy",), "papers")
    settings.change_practice({"refund_policy": "Within 30 days."}, the.stamp("2026-11-18"))
    assert (rows(LIVE)["policy"].answer, rows(LIVE)["policy"].missing) == (Answer.TODO, ())
    ticks.put("policy", the.day("2026-11-19"), the.stamp("2026-11-19"))
    assert (rows(LIVE)["policy"].answer, rows(LIVE)["policy"].changed_at) == (Answer.DONE, the.noon("2026-11-18"))
    settings.change_practice({"refund_policy": "Within 60 days."}, the.stamp("2026-11-20"))
    row = rows(LIVE)["policy"]
    assert (row.answer, row.hint, row.stale) == (Answer.TODO, "pr.check.policychanged", ("policy",))


@pytest.mark.parametrize(("facts", "answer"), [
    ({}, Answer.DONE),
    ({"returned_at": None, "back": None}, Answer.PROBLEM),
    ({"state": "declined", "returned_at": None, "back": None, "transaction_id": None}, Answer.TODO),
    ({"processor": "trial"}, Answer.TODO),
])  # fmt: skip
def test_only_a_dollar_of_this_processor_that_came_back_counts(practice, facts, answer):
    a_dollar(**facts)
    assert rows(LIVE)["test"].answer == answer


@pytest.mark.parametrize(("on", "key"), [
    (None, "pr.err.needed"), (the.day("2026-11-21"), "pr.tick.when"), (the.day("1999-12-31"), "pr.tick.when"),
])  # fmt: skip
def test_a_tick_takes_a_day_that_was(practice, on, key):
    with pytest.raises(FieldRefused) as refused:
        ticks.put("bank", on, the.stamp())
    assert (refused.value.key, refused.value.field, Tick.select().count()) == (key, "on-bank", 0)


def test_ticks_are_logged_and_a_later_day_takes_the_place_of_an_earlier(practice):
    vouch("saq", on="2026-01-05")
    vouch("saq", on="2026-11-05")
    ticks.undo("saq", the.stamp())
    ticks.undo("saq", the.stamp())
    told = [(row.by, row.what, row.detail) for row in AuditEntry.select().order_by(AuditEntry.id)]
    puts = [("staff:1", "tick.put", f"saq {on}") for on in ("2026-01-05", "2026-11-05")]
    assert told == [*puts, ("staff:1", "tick.undo", "saq")]


def test_nobody_can_sign_in(practice):
    assert (rows()["portal"].answer, rows()["portal"].blocks) == (Answer.TODO, True)


@pytest.mark.parametrize("broken", [{"password_hash": None}, {"disabled_at": the.NOW}])
def test_links_that_nobody_can_use_are_a_problem(ana, broken):
    User.update(**broken).execute()
    assert rows()["portal"].answer == Answer.PROBLEM
    assert rows()["linked"].blocks


def test_an_ended_link_counts_for_nothing(practice):
    user = the.a_user(password_hash=HASH)
    the.a_link(user, the.an_account(), ended="2026-10-01")
    assert (rows()["portal"].answer, rows()["linked"].share) == (Answer.TODO, (0, 1))


def test_one_linked_account_is_enough_and_the_others_are_told(ana):
    the.an_account("Nia Vale-Demo")
    row = rows()["linked"]
    assert (row.answer, row.share, row.blocks) == (Answer.TODO, (1, 2), False)


@pytest.mark.parametrize(
    ("key", "facts", "answer", "blocks"),
    [
        ("balance", {"show_balance": True}, Answer.DONE, False),
        ("balance", {"show_balance": False}, Answer.TODO, True),
        ("posting", {"posting_chosen": True}, Answer.DONE, False),
        ("posting", {"posting_chosen": False}, Answer.TODO, True),
        ("golive", {"go_live_on": None}, Answer.TODO, False),
        ("golive", {"go_live_on": the.TODAY}, Answer.TODO, False),
        ("name", {"descriptor": ""}, Answer.TODO, True),
        ("name", {"descriptor": "ABC"}, Answer.PROBLEM, True),
        ("name", {"descriptor": "HARBOR FERN"}, Answer.DONE, False),
        ("practice", {}, Answer.TODO, True),
        ("practice", {**COMPLETE, "zip": "ABC"}, Answer.PROBLEM, True),
        ("practice", COMPLETE, Answer.DONE, False),
        ("superbills", COMPLETE, Answer.TODO, False),
        ("superbills", {**COMPLETE, "ein": "123-45-6789"}, Answer.PROBLEM, False),
    ],
)
def test_a_row_answers_what_the_practice_holds(practice, key, facts, answer, blocks):
    row = rows(LIVE, **facts)[key]
    assert (row.answer, row.blocks) == (answer, blocks)


def test_the_name_on_statements_is_only_needed_for_real_money(practice):
    assert not rows(TRIAL, descriptor="")["name"].required
    assert rows(LIVE, descriptor="FERN THERAPY")["name"].hint == "pr.warn.telling"


@pytest.mark.parametrize(
    ("facts", "answer", "blocks"),
    [
        (LIVE, Answer.DONE, False),
        (TRIAL, Answer.TODO, False),
        (ProcessorFacts(Processor.LIVE, answers=False), Answer.PROBLEM, True),
        (ProcessorFacts(Processor.TRIAL, answers=False), Answer.PROBLEM, True),
    ],
)
def test_the_processor_must_answer_and_take_real_money(practice, facts, answer, blocks):
    row = rows(facts)["processor"]
    assert (row.answer, row.blocks) == (answer, blocks)


def test_the_built_in_sandbox_needs_no_keys(practice):
    assert "processor" not in rows(BUILT_IN)


def test_news_from_the_processor_must_have_come(practice):
    silent = rows(ProcessorFacts(Processor.BUILT_IN, heard=False, forged=3))["webhook"]
    assert (silent.answer, silent.blocks, silent.hint, silent.forged) == (Answer.TODO, True, "pr.check.unheard", 3)
    heard = rows(LIVE)["webhook"]
    assert (heard.answer, heard.blocks, heard.hint, heard.forged) == (Answer.DONE, False, "", 0)


def test_what_superbills_lack_is_named_once(provider):
    the.a_provider("Priya Nair-Demo")
    the.a_provider("Jonah Reyes-Demo")
    row = rows(ein="")["superbills"]
    fields = ["ein", "npi", "license_type", "license_number", "license_state", "taxonomy"]
    assert row.missing == tuple(f"pr.set.{name}" for name in fields)
    assert (row.answer, row.where) == (Answer.TODO, "settings")


def test_a_wrong_npi_is_a_problem_of_the_therapists(provider):
    provider.npi = "1234567890"
    provider.save()
    row = rows(**COMPLETE)["superbills"]
    assert (row.answer, row.where) == (Answer.PROBLEM, "providers")
