"""What a practice changes about itself and its therapists: all or nothing, logged old -> new."""

from datetime import UTC, date, datetime

import pytest

from billing import settings, statements
from billing.formats import FieldsRefused
from billing.stamp import Stamp
from choices import Layout, PostingMode
from models import AuditEntry, Practice, Provider
from tests import builders as the


def log():
    return [(row.by, row.what, row.detail) for row in AuditEntry.select().order_by(AuditEntry.id)]


def problems(refused):
    return {problem.field: problem.key for problem in refused.value.problems}


def test_each_change_is_logged_old_and_new(practice):
    changed = settings.change_practice(
        {"name": "Harbor Fern", "ein": "123456789", "phone": "(312) 555-0100"}, the.stamp(by="staff:7"), "10.0.0.1"
    )

    assert changed == ["name", "ein"]
    assert log() == [
        ("staff:7", "practice.name", "Harbor Fern Counseling (DEMO) -> Harbor Fern"),
        ("staff:7", "practice.ein", " -> 12-3456789"),
    ]
    assert AuditEntry.get().subject == "practice:1"
    assert (AuditEntry.get().ip, Practice.the().ein) == ("10.0.0.1", "12-3456789")


def test_saving_what_is_there_changes_and_logs_nothing(practice):
    assert settings.change_practice({"name": practice.name, "minimum_payment": 1_00}, the.stamp()) == []
    assert log() == []


def test_one_wrong_field_keeps_all_others_from_being_written(practice):
    with pytest.raises(FieldsRefused) as refused:
        settings.change_practice({"name": "New name", "ein": "123-45-6789", "group_npi": "1234567890"}, the.stamp())
    assert problems(refused) == {"ein": "pr.err.ssn", "group_npi": "pr.err.npi"}
    assert (Practice.the().name, log()) == (practice.name, [])


def test_no_day_that_a_statement_has_told_comes_back_with_another_zone(practice):
    the.the_practice(time_zone="America/New_York")
    a_quarter_past_midnight = Stamp.of("staff:1", datetime(2026, 11, 20, 5, 15, tzinfo=UTC), "America/New_York")
    account = the.ana().account
    move = {"time_zone": "America/Los_Angeles"}
    settings.change_practice({"name": "Other"}, a_quarter_past_midnight)
    statements.issue(account, date(2026, 11, 1), date(2026, 11, 19), a_quarter_past_midnight)

    with pytest.raises(FieldsRefused) as refused:
        settings.change_practice(move, a_quarter_past_midnight)

    assert problems(refused) == {"time_zone": "pr.err.yesterday"}
    assert settings.change_practice(move, the.stamp("2026-11-20")) == ["time_zone"]


def test_choosing_a_posting_mode_counts_even_if_it_stays(practice):
    the.the_practice(posting_chosen=False)
    settings.change_practice({"posting_mode": PostingMode.AUTO}, the.stamp())
    assert Practice.the().posting_chosen
    assert log() == [("staff:1", "practice.posting_chosen", "False -> True")]


def test_every_kind_of_value_is_kept(practice):
    values = {
        "minimum_payment": 50_00, "invoice_due_days": 0, "checkout_layout": "two_page", "posting_mode": "manual",
        "go_live_on": date(2027, 1, 4), "telehealth_modifiers": ["gt", "hq"], "show_balance": False,
        "refund_policy": "Call us.",
    }  # fmt: skip
    settings.change_practice(values, the.stamp())
    found = Practice.the()
    assert (found.minimum_payment, found.invoice_due_days, found.go_live_on) == (50_00, 0, date(2027, 1, 4))
    assert (found.checkout_layout, found.posting_mode) == (Layout.TWO_PAGE, PostingMode.MANUAL)
    assert (found.telehealth_modifiers, found.show_balance, found.refund_policy) == (["GT", "HQ"], False, "Call us.")


@pytest.mark.parametrize(
    ("name", "value", "key"),
    [
        ("minimum_payment", None, "pr.err.minimum"), ("minimum_payment", 0, "pr.err.minimum"),
        ("minimum_payment", 50_01, "pr.err.minimum"), ("invoice_due_days", None, "pr.err.days"),
        ("statement_day", 0, "pr.err.monthday"), ("statement_day", 29, "pr.err.monthday"),
        ("invoice_due_days", -1, "pr.err.days"), ("invoice_due_days", 121, "pr.err.days"),
        ("posting_mode", None, "pr.err.choose"), ("posting_mode", "sometimes", "pr.err.choose"),
        ("checkout_layout", "", "pr.err.choose"),
        ("name", "", "pr.err.needed"), ("short_name", " ", "pr.err.needed"),
    ],
)  # fmt: skip
def test_values_out_of_bounds_are_refused(practice, name, value, key):
    with pytest.raises(FieldsRefused) as refused:
        settings.change_practice({name: value}, the.stamp())
    assert problems(refused) == {name: key}


def test_a_wrong_modifier_is_told_apart_from_the_other(practice):
    with pytest.raises(FieldsRefused) as refused:
        settings.change_practice({"telehealth_modifiers": ["GT", ""]}, the.stamp())
    assert problems(refused) == {"telehealth_audio": "pr.err.needed"}


@pytest.mark.parametrize(
    ("facts", "warned"),
    [
        ({}, []),
        ({"ein": "12-3456789"}, []),
        ({"ein": "00-1234567"}, [("ein", "pr.warn.ein")]),
        ({"descriptor": ""}, []),
        ({"descriptor": "FERN COUNSELING"}, [("descriptor", "pr.warn.telling")]),
        ({"short_name": "Fern Psych"}, [("short_name", "pr.warn.telling")]),
        ({"descriptor": "ACME LLC"}, [("descriptor", "pr.warn.name")]),
    ],
)
def test_odd_values_are_kept_with_a_warning(practice, facts, warned):
    assert [tuple(row) for row in settings.warnings(the.the_practice(**facts))] == warned


def test_a_new_therapist_is_checked_and_logged(practice):
    boss = the.a_provider()
    found = settings.add_provider({"name": "Priya Nair-Demo", "npi": "2000000044", "supervisor": boss.key}, the.stamp())
    assert (found.name, found.npi, found.supervisor) == ("Priya Nair-Demo", "2000000044", boss)
    assert log() == [
        ("staff:1", "provider.name", " -> Priya Nair-Demo"),
        ("staff:1", "provider.npi", " -> 2000000044"),
        ("staff:1", "provider.supervisor", f"None -> provider:{boss.id}"),
    ]


def test_a_refused_therapist_leaves_no_row(practice):
    with pytest.raises(FieldsRefused) as refused:
        settings.add_provider({"npi": "1234567890"}, the.stamp())
    assert problems(refused) == {"name": "pr.err.needed", "npi": "pr.err.npi"}
    assert (Provider.select().count(), log()) == (0, [])


def test_a_therapist_can_be_changed_without_naming_a_supervisor(provider):
    assert settings.change_provider(provider, {"credentials": "PhD"}, the.stamp()) == ["credentials"]


@pytest.mark.parametrize("key", ["nobody", "own", "below"])
def test_supervision_runs_one_way(provider, key):
    below = the.a_provider("Jonah Reyes-Demo", supervisor=the.a_provider("Priya Nair-Demo", supervisor=provider))
    keys = {"nobody": "nobody", "own": provider.key, "below": below.key}
    with pytest.raises(FieldsRefused) as refused:
        settings.change_provider(provider, {"supervisor": keys[key]}, the.stamp())
    assert problems(refused) == {"supervisor": "pr.err.supervisor"}


def test_a_supervisor_can_be_taken_away(provider):
    below = the.a_provider("Jonah Reyes-Demo", supervisor=provider)
    settings.change_provider(below, {"supervisor": ""}, the.stamp())
    assert Provider.get_by_id(below.id).supervisor is None
