"""The rows before payments go on: what each asks, what it answers, and what blocks."""

import pytest

from billing.checklist import Answer, Processor, ProcessorFacts, checklist
from models import User
from tests import builders as the
from tests.visitor import HASH

BUILT_IN, TRIAL, LIVE = (ProcessorFacts(kind) for kind in Processor)
COMPLETE = {
    "line1": "100 Example Ave", "city": "Exampleton", "state": "IL", "zip": "00000", "ein": "00-1234567",
}  # fmt: skip


def rows(facts=BUILT_IN, **practice):
    found = checklist(the.the_practice(**practice), facts)
    return {row.key.removeprefix("pr.check."): row for row in found}


@pytest.fixture
def ana(practice):
    ana = the.ana()
    User.update(password_hash=HASH).execute()
    return ana


def test_a_ready_practice_is_done_throughout(ana, provider):
    found = rows(LIVE, **COMPLETE, go_live_on=the.TODAY)
    assert {key for key, row in found.items() if row.answer != Answer.DONE} == set()
    assert not any(row.blocks for row in found.values())


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
        ("golive", {"go_live_on": the.TODAY}, Answer.DONE, False),
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
