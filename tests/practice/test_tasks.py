"""What needs a decision: seen by those who decide, and taken off the list once."""

import pytest

from billing.tasks import raise_task, to_do
from models import AuditEntry, Link, Staff, Task, User
from tests import builders as the
from tests.practice.conftest import plain


@pytest.fixture
def late(practice, clock):
    ana = the.ana()
    attempt = the.an_attempt(ana, (the.a_charge(ana), "150.00"), state="succeeded")
    the.a_payment(ana, "150.00", source="portal", attempt=attempt)
    return raise_task("task.late_success", clock(), account=ana.account, attempt=attempt)


def test_a_task_says_what_happened_and_to_whom(browser, late):
    page = plain(browser("biller").get("/practice/tasks/").text)

    assert "was charged after all" in page
    assert f"Ana Delgado-Demo {late.account.number}" in page
    assert f"$150.00 Reference at the processor {late.attempt.order_id}" in page


def test_a_task_about_no_account_shows_its_detail(browser, clock):
    raise_task("task.setup", clock(), detail="Authentication failed")

    assert "Detail Authentication failed" in plain(browser("owner").get("/practice/tasks/").text)


def test_a_finished_task_leaves_the_list_and_is_logged_once(browser, late):
    biller = browser("biller")

    for _ in range(2):
        assert biller.submit("/practice/tasks/", {"key": late.key}).status_code == 303

    assert to_do() == []
    assert [row.detail for row in AuditEntry.select().where(AuditEntry.what == "task.done")] == ["task.late_success"]
    assert "Nothing needs a decision." in biller.get("/practice/tasks/").text


def test_the_same_trouble_is_listed_again_after_it_was_settled(late, clock):
    assert raise_task("task.late_success", clock(), account=late.account, attempt=late.attempt) == late

    Task.update(done_at=clock()).execute()

    assert raise_task("task.late_success", clock(), account=late.account, attempt=late.attempt) != late


def test_an_auditor_reads_and_a_therapist_does_not(browser, late):
    auditor = browser("auditor")

    assert "Mark as done" not in auditor.get("/practice/tasks/").text
    assert auditor.submit("/practice/tasks/", {"key": late.key}).status_code == 404
    assert browser("therapist").get("/practice/tasks/").status_code == 404


def test_a_task_nobody_has_is_not_found(browser):
    assert browser("owner").submit("/practice/tasks/", {"key": "none"}).status_code == 404


def test_the_list_of_payments_leads_to_what_is_open(browser, late):
    link = '<a href="/practice/tasks/">To decide: 1</a>'
    assert link in browser("biller").get("/practice/transactions/").text
    assert link not in browser("therapist").get("/practice/transactions/").text

    Task.update(done_at=the.NOW).execute()

    assert "To decide: " not in browser("biller").get("/practice/transactions/").text


def test_each_who_asks_to_be_erased_is_a_task_and_no_name_is_kept(browser, sign_in, practice):
    people = [the.ana(), the.ben()]
    for person in (*people, people[0]):
        assert sign_in(person.user).submit("/account/erase").status_code == 303

    assert [task.detail for task in to_do()] == [f"user:{person.user.id}" for person in people]
    page = plain(browser("owner").get("/practice/tasks/").text)
    assert f"Ana Delgado-Demo {people[0].user.email} · user:{people[0].user.id}" in page
    User.update(name="Erased login").where(User.id == people[0].user.id).execute()
    page = plain(browser("owner").get("/practice/tasks/").text)
    assert "Ana Delgado" not in page
    assert "Ben Okafor-Demo" in page
    Task.update(detail="user:999").execute()
    assert browser("owner").get("/practice/tasks/").status_code == 200


def test_the_owner_erases_the_login_of_who_asked_and_the_task_is_done(browser, sign_in, practice):
    ana, ben = the.ana(), the.ben()
    for person in (ana, ben):
        sign_in(person.user).submit("/account/erase")
    page, owner = f"/practice/people/{ana.user.key}/erase", browser("owner")
    assert page in owner.get("/practice/tasks/").text
    assert page in owner.get(f"/practice/links/{Link.get(Link.user == ana.user).key}").text
    assert page not in browser("biller").get("/practice/tasks/").text
    assert "Accounts that this person no longer sees" in owner.get(page).text

    refused = owner.submit(page)
    assert refused.status_code == 422 and "Confirm that you talked to this person" in refused.text
    assert User.get_by_id(ana.user.id).anonymised_at is None

    said = owner.submit(page, {"talked": "y"}, follow_redirects=True)

    assert "The login is erased." in said.text
    assert User.get_by_id(ana.user.id).name == "Erased login"
    assert [task.detail for task in to_do()] == [f"user:{ben.user.id}"]
    by = f"staff:{Staff.get(Staff.role == 'owner').id}"
    assert [row.by for row in AuditEntry.select().where(AuditEntry.what == "data.erase")] == [by]
    assert owner.get(page).status_code == 404


def test_erasing_asks_who_is_there(app, staff):
    ana = the.ana()
    browser = app.test_client().enter(staff["owner"], stepped_up=False)
    page = f"/practice/people/{ana.user.key}/erase"

    assert "/sign-in/again" in browser.get(page).location
    assert browser.submit(page, {"talked": "y"}).status_code == 403
    assert User.get_by_id(ana.user.id).anonymised_at is None


def test_a_login_that_pays_just_now_is_not_erased(browser, practice):
    ana = the.ana()
    the.an_attempt(ana, (the.a_charge(ana), "1.00"))

    refused = browser("owner").submit(f"/practice/people/{ana.user.key}/erase", {"talked": "y"})

    assert refused.status_code == 422
    assert "A payment of this person is on its way" in refused.text
    assert User.get_by_id(ana.user.id).anonymised_at is None


def test_two_emails_that_do_not_go_out_are_two_tasks(clock, practice):
    first, again, other = (raise_task("task.mail", clock(), detail=f"mail.code #{id}") for id in (1, 1, 2))
    assert again == first
    assert other != first
