"""Whoever may not know about the care finds no word of it: not in a page, a part of one, a paper, a header or a letter.

What may not be found is worked out from the rows and the reader's rights, not listed by hand. That the search finds
such words where they may stand is shown with someone who may read them.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

import mail
from choices import DocumentType, Right
from config import Settings
from models import (
    Account,
    AccountClient,
    Charge,
    Client,
    Diagnosis,
    Document,
    Link,
    Message,
    Payment,
    Practice,
    Provider,
    User,
)
from tests.visitor import Visitor
from tests.walk.conftest import As, person
from tests.walk.pages import FRAGMENT, Answer, crawl, filled
from views.limits import limiter

LANGUAGES = ("en", "es")
LEAVING = ("/sign-out", "/language", "/account/sessions/end")


@dataclass(frozen=True)
class Known:
    """The words about one account, by the right that opens them."""

    services: set[str]
    provider: set[str]
    bills: set[str]
    superbills: set[str]

    @property
    def all(self) -> set[str]:
        return self.services | self.provider | self.bills | self.superbills


def known_of(account: Account) -> Known:
    charges = list(Charge.select().where(Charge.account == account))
    clients = list(Client.select().join(AccountClient).where(AccountClient.account == account))
    codes = {code for charge in charges for code in (charge.code, *charge.dx) if code}
    papers = Document.select().where(Document.account == account)
    return Known(
        services={label for each in charges for label in labels(each)}
        | {text for client in clients for text in (client.first_name, client.name)},
        provider={charge.provider.name for charge in charges if charge.provider},
        bills={row.card_last4 for row in Payment.select().where(Payment.account == account)} - {""}
        | {paper.number for paper in papers if paper.type != DocumentType.SUPERBILL},
        superbills=codes
        | {row.text for row in Diagnosis.select() if row.code in codes}
        | {paper.number for paper in papers if paper.type == DocumentType.SUPERBILL},
    )


def labels(charge: Charge) -> tuple[str, str]:
    """What was done, without how long it took."""
    return charge.label.partition(",")[0], charge.label_es.partition(",")[0]


def everything() -> set[str]:
    """What was done, by whom, for whom, at this practice, and who signs in to see it."""
    known = {word for account in Account.select() for word in known_of(account).all | {account.number}}
    people = {text for user in User.select() for text in (user.name, user.email)}
    clients = {text for client in Client.select() for text in (client.first_name, client.name)}
    return known | people | clients | {provider.name for provider in Provider.select()}


def may_find(reader: User) -> set[str]:
    """What this reader's rights open."""
    found = {reader.name, reader.email, reader.name.split()[0]} | own(reader)
    for link in Link.select().where((Link.user == reader) & Link.ended_at.is_null()):
        known = known_of(link.account)
        found |= {link.account.number}
        for right in (Right.SERVICES, Right.PROVIDER, Right.BILLS, Right.SUPERBILLS):
            found |= getattr(known, right) if link.allows(right) else set()
        found |= {link.account.guarantor_name} if link.allows(Right.BILLS) else set()
    return found


def own(reader: User) -> set[str]:
    """The numbers of receipts this reader was given, and of the cards used."""
    receipts = {paper.number for paper in Document.select().where(Document.user == reader)}
    return receipts | {row.card_last4 for row in Payment.select().where(Payment.user == reader)}


def found_in(text: str, words: Iterable[str]) -> set[str]:
    there = [word for word in words if word in text]
    return {word for word in there if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)}


def leaks(answers: Iterable[Answer], words: set[str]) -> dict[str, set[str]]:
    """Address -> the words found there."""
    found = {answer.url: found_in(answer.said, words) for answer in answers}
    return {url: words for url, words in found.items() if words}


def reachable(browser: Visitor) -> list[Answer]:
    """Everything that can be asked for, in both languages."""
    answers = []
    for language in LANGUAGES:
        browser.submit("/language", {"language": language})
        limiter.reset()
        answers += crawl(browser, "/")
    assert {answer.status for answer in answers} <= {200, 303, 422}, [(a.url, a.status) for a in answers]
    return answers


def sent_as_it_stands(browser: Visitor, answers: list[Answer]) -> list[Answer]:
    """What comes back when every form is sent untouched, and when each page is asked for in part."""
    forms = {where(form, a): form for a in answers if a.html for form in a.tree.iter("form") if is_posted(form)}
    found = [Answer(url, browser.post(url, data=dict(next(filled(form))))) for url, form in forms.items()]
    return found + [Answer(a.url, browser.get(a.url, headers=FRAGMENT), True) for a in answers if a.html]


def where(form, page: Answer) -> str:
    """Without an action of its own a form goes to the page's address."""
    return form.get("action") or urlsplit(page.url).path


def is_posted(form) -> bool:
    return form.get("method") == "post" and form.get("action") not in LEAVING


def pay(browser: Visitor, processor, charge: Charge) -> str:
    """Pay a charge with a new card through the page; where that leads to."""
    page = Answer("", browser.get(f"/pay/checkout?way=one&charge={charge.key}"))
    form = next(form for form in page.tree.iter("form") if form.get("action") == "/pay")
    answer = browser.post("/pay", data={**dict(next(filled(form))), "card": "new", "nonce": processor.pick("visa")})
    assert answer.status_code == 303, answer.text
    return answer.location


def test_the_search_finds_every_word_for_who_may_read_it(as_: As):
    """Grace is the client: what Helen must not find stands on Grace's pages and papers."""
    grace, account = as_("grace"), Account.get(Account.number == "1009")
    answers = reachable(grace)
    hidden = known_of(account).all - may_find(person("helen"))
    assert len(hidden) > 8
    found = {word for words in leaks(answers, hidden).values() for word in words}
    assert found == hidden
    papers = [answer for answer in answers if answer.pdf]
    assert found_in(papers[0].said, known_of(account).services) != set()


def test_a_guarantor_finds_no_word_of_the_care(as_: As, processor, settings: Settings):
    """Helen looks everywhere, pays, and looks everywhere again."""
    helen, charge = as_("helen"), Charge.get(Charge.account == Account.get(Account.number == "1009"))
    before = reachable(helen)
    result = Answer("", helen.get(pay(helen, processor, charge)))
    after = reachable(helen)
    everywhere = [*before, result, *after, *sent_as_it_stands(helen, after)]
    assert any(answer.pdf for answer in after)
    assert leaks(everywhere, everything() - may_find(person("helen"))) == {}


@pytest.mark.parametrize("name", ["dee", "luis"])
def test_a_partner_and_a_father_find_only_what_is_shared(name, as_: As):
    """Dee: joint visits, not Sam's superbill. Luis: his half, not the mother's account, card or other child."""
    browser = as_(name)
    answers = reachable(browser)
    assert any(answer.pdf for answer in answers)
    assert leaks(answers + sent_as_it_stands(browser, answers), everything() - may_find(person(name))) == {}


def test_the_two_page_checkout_hides_as_much(as_: As):
    Practice.update(checkout_layout="two_page").execute()
    helen = as_("helen")
    answers = reachable(helen)
    assert leaks(answers + sent_as_it_stands(helen, answers), everything() - may_find(person("helen"))) == {}


def test_a_link_that_ended_leaves_nothing_to_find(as_: As):
    """Rob paid nothing while his link was live; there is no money on any page for him, nor for Nia."""
    for name in ("rob", "nia"):
        answers = reachable(as_(name))
        assert leaks(answers, everything() - {person(name).name, person(name).email, name.title()}) == {}
        assert [answer.url for answer in answers if "$" in re.sub(r"<script.*?</script>", "", answer.said)] == []


def test_a_letter_names_nobody_and_nothing(as_: As, processor, settings: Settings):
    """Letters say only that there is something to read, also to the client herself."""
    pay(as_("grace"), processor, Charge.get(Charge.account == Account.get(Account.number == "1009")))
    letters = [mail.render(message, Practice.the(), settings) for message in Message.select()]
    assert letters
    for letter in letters:
        told = f"{letter['Subject']}\n{letter['From']}\n{letter.get_content()}"
        assert found_in(told, everything()) == set()
        assert "$" not in told
