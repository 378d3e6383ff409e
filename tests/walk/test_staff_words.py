"""What members of staff find who look everywhere: the biller all of the money and nothing of the diagnosis, a therapist
nobody of a colleague's. That the search would find such words is shown with who may read them."""

from billing import staffing
from models import Account, AccountClient, Charge, Client, Diagnosis, Link, Staff, User
from tests.builders import NOW
from tests.visitor import Visitor
from tests.walk.conftest import As, person
from tests.walk.pages import Answer, crawl
from tests.walk.test_guarantor import found_in
from views.limits import limiter

ENOUGH = 5  # of a kind


def everywhere(browser: Visitor) -> str:
    """All that the practice's side says to this person: pages of every kind in English, one of each in Spanish.

    A paper is read as a page; its PDF is drawn from the same.
    """
    answers: list[Answer] = []
    for language, each in (("en", ENOUGH), ("es", 1)):
        browser.submit("/language", {"language": language})
        limiter.reset()
        answers += crawl(
            browser, "/practice/", "/practice/transactions/?from_on=", each=each, choices=False, but=".pdf"
        )
    unsent = [answer.url for answer in answers if answer.status not in {200, 303}]
    assert [url for url in unsent if "from_on=&to_on=" not in url] == []  # a form for days, sent without any
    return "\n".join(answer.said for answer in answers)


def diagnoses() -> set[str]:
    codes = {code for charge in Charge.select() for code in charge.dx}
    return codes | {row.text for row in Diagnosis.select()}


def on_file() -> set[str]:
    """What is kept of a client for the insurer: birth date, street and member number."""
    clients = Client.select()
    found = {text for each in clients for text in (each.line1, each.member_id, each.date_of_birth.isoformat())}
    return found | {f"{each.date_of_birth:%b} {each.date_of_birth.day}, {each.date_of_birth.year}" for each in clients}


def people(accounts: list[Account]) -> set[str]:
    """Their clients, payers and numbers."""
    clients = Client.select().join(AccountClient).where(AccountClient.account.in_(accounts))
    return {each.name for each in clients} | {row.guarantor_name for row in accounts} | {row.number for row in accounts}


def test_a_biller_finds_money_and_no_diagnosis(as_: As):
    said = everywhere(as_("rosa"))
    assert found_in(said, people(list(Account.select())))
    assert found_in(said, (diagnoses() | on_file()) - {""}) == set()


def logins(accounts: list[Account]) -> set[str]:
    """Who is or was on these accounts, by name and by email."""
    users = User.select().join(Link).where(Link.account.in_(accounts))
    return {text for user in users for text in (user.name, user.email)}


def test_a_therapist_finds_nobody_of_a_colleagues(as_: As):
    priya: Staff = person("priya")
    seen = list(staffing.accounts(priya, NOW))
    others = [row for row in Account.select() if row not in seen]
    known = people(seen) | logins(seen)  # a partner on a joint account is a colleague's client, and named there
    strange = (people(others) | logins(others)) - known
    said = everywhere(as_("priya"))
    assert found_in(said, known)
    assert found_in(said, strange) == set()
    mara, theirs = as_("mara"), Link.select().where(Link.account.in_(others))
    pages = ["/practice/accounts/", *(f"/practice/links/{link.key}" for link in theirs)]
    assert found_in("\n".join(mara.get(url).text for url in pages), strange) == strange
