"""A practice's first day, from an empty file to the first deposit: the owner at a desk, a client with a phone.

The steps are those of docs/first-day.md and of the help page, one function each, named by the guide's heading.
"""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyotp
import pytest
from flask import Flask
from playwright.sync_api import Page, expect

import sandbox
import words
from app import create_app
from billing.discrepancies import discrepancies
from gateways.braintree import BraintreeAdapter
from models import Message, Practice, db, open_database
from sandbox import Running
from tests.browser.test_first_visit import go_on, headed
from tests.browser.test_passkeys import browse, here
from tests.browser.test_paying import arrived, pick_test_card, tap
from tests.conftest import unsaid
from tests.sandbox.fixtures import account_at
from views.practice import help as first_day

__all__ = ["browse", "here"]
GUIDE = Path(__file__).parents[2] / "docs" / "first-day.md"
PASSWORD = "a quiet blue bicycle"
OWNER = {
    "name": "Birch Room Counseling", "short-name": "Birch Room", "phone": "(312) 555-0100",
    "time-zone": "America/Chicago", "owner": "Mara Ellison-Demo", "email": "mara@example.com", "password": PASSWORD,
}  # fmt: skip
FEES = "fee_key,label,label_es,code,amount\nTALK45,Talk therapy 45 min,Terapia 45 min,H0004,185.00\n"
CLIENTS = """client_id,first_name,last_name,date_of_birth,email,provider_npi
C-1,Ana,Delgado-Demo,1987-04-12,ana@example.com,1234567893
C-2,Max,Rivers-Demo,2014-02-03,,1234567893
"""
ACCOUNTS = "account_id,guarantor_name,client_id\n1024,Ana Delgado-Demo,C-1\n1025,Kim Rivers-Demo,C-2\n"
VISITS = [(account, client, day) for account, client in (("1024", "C-1"), ("1025", "C-2")) for day in (2, 9, 16)]
CHARGES = "charge_id,account_id,client_id,service_date,fee_key,ready\n" + "".join(
    f"V-{client}-{day},{account},{client},2026-11-{day:02},TALK45,yes\n" for account, client, day in VISITS
)


@pytest.fixture
def database(tmp_path) -> Iterator[Path]:
    """A file with nothing in it, not even tables."""
    path = tmp_path / "evenly.sqlite"
    open_database(str(path))
    db.connect()
    yield path
    found = [*discrepancies(), *unsaid()]
    db.close()
    assert found == []


@pytest.fixture
def practice(database, settings, clock) -> Practice:
    """Begun as the command begins it."""
    app = create_app(settings)
    app.extensions["clock"] = clock
    options = [part for name, value in OWNER.items() for part in (f"--{name}", value)]
    begun = app.test_cli_runner().invoke(args=["new-practice", *options])
    assert f"/practice/sign-in as {OWNER['email']}" in begun.output
    return Practice.the()


@pytest.fixture
def settings(settings, processor):
    return replace(settings, gateway_port=processor.port)


@pytest.fixture
def processor(tmp_path, clock) -> Iterator[Running]:
    """A sandbox of its own: its clock is moved."""
    running = sandbox.start(tmp_path / "sandbox.sqlite")
    running.control("clock", {"set": clock().isoformat()})
    yield running
    running.stop()


@pytest.fixture
def app(app, processor):
    app.extensions["gateway"] = BraintreeAdapter(account_at(processor.port))
    return app


@dataclass
class FirstDay:
    """Who and what the steps need."""

    app: Flask
    desk: Page
    phone: Page
    processor: Running
    folder: Path
    clock: Any
    secret: str = ""  # of the owner's code app
    told: str = ""  # the code of the invitation, by phone

    def jobs(self) -> dict[str, int | None]:
        """What runs by itself, run now."""
        return self.app.extensions["jobs"].run_due()

    def later(self, **time: float) -> None:
        """Time passes, for the processor too."""
        self.clock.pass_(**time)
        self.processor.control("clock", {"set": self.clock().isoformat()})

    def menu(self, name: str) -> None:
        """Open a screen as its owner does, in the menu."""
        menu = self.desk.get_by_role("navigation", name="Menu")
        link = menu.get_by_role("link", name=re.compile(f"^{name}"), include_hidden=True)
        group = link.locator("xpath=ancestor::details")
        if group.count() and not group.evaluate("each => each.open"):
            group.locator("summary").click()
        link.click()

    def fill(self, fields: dict[str, str]) -> None:
        for label, text in fields.items():
            self.desk.get_by_label(label, exact=True).fill(text)

    def code(self) -> str:
        """What the owner's code app shows now."""
        return pyotp.TOTP(self.secret).at(self.clock())

    def bring_in(self, kind: str, name: str, text: str, rows: int) -> None:
        """A file: tried, looked at, taken in."""
        self.menu("Import")
        self.desk.get_by_label("What is in it").select_option(kind)
        self.desk.get_by_label("File").set_input_files({"name": name, "mimeType": "text/csv", "buffer": text.encode()})
        go_on(self.desk, "Check the file (nothing is saved)")
        expect(self.desk.locator("#import")).to_contain_text("Nothing is saved yet.")
        go_on(self.desk, f"Import the rows: {rows}")
        expect(self.desk.locator("#import")).to_contain_text(f"Rows imported: {rows}")


def sign_in(day: FirstDay) -> None:
    """Sign in for the first time"""
    page = day.desk
    page.goto("/practice/sign-in")
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    go_on(page, "Sign in")
    go_on(page, "Use a code app")
    page.locator("summary").click()
    day.secret = page.locator(".key").inner_text().replace(" ", "")
    page.get_by_label("Type the 6 numbers the app shows").fill(day.code())
    go_on(page, "Continue")
    go_on(page, "I saved my codes")
    headed(page, "Today")


def fill_in(day: FirstDay) -> None:
    """Fill in the practice and its therapists"""
    page = day.desk
    day.menu("Settings")
    tap(page, "Change: Practice")
    day.fill({"Address": "100 Example Ave", "City": "Chicago", "State": "IL", "ZIP code": "60601"})
    go_on(page, "Save")
    tap(page, "Change: Papers")
    day.fill({"EIN": "00-1234567"})
    go_on(page, "Save")
    tap(page, "Change: How clients pay")
    page.get_by_label("Show clients their balance").check()
    page.get_by_label("By hand, from the").check()
    go_on(page, "Save")
    day.menu("Therapists")
    tap(page, "Add a therapist")
    day.fill({"Name as on the license": OWNER["owner"], "NPI": "1234567893", "Taxonomy code": "101YM0800X"})
    day.fill({"Kind of license": "LCSW", "License number": "149.000000", "State of the license": "IL"})
    go_on(page, "Save")
    expect(page.locator("main")).to_contain_text("Complete")


def price(day: FirstDay) -> None:
    """Make the fee schedule"""
    page = day.desk
    day.menu("Fee schedule")
    tap(page, "Add a line")
    day.fill({"Short name": "TALK60", "Name in English": "Talk therapy 60 min", "Price": "220", "Code": "H0004"})
    day.fill({"Name in Spanish": "Terapia 60 min"})
    go_on(page, "Save")
    expect(page.get_by_role("rowheader", name="TALK60")).to_be_visible()
    day.bring_in("Fee schedule", "fees.csv", FEES, 1)


def bring_in(day: FirstDay) -> None:
    """Bring in clients, accounts and services"""
    day.bring_in("Clients", "clients.csv", CLIENTS, 2)
    day.bring_in("Accounts", "accounts.csv", ACCOUNTS, 2)
    day.bring_in("Services and fees", "charges.csv", CHARGES, len(VISITS))
    day.menu("Accounts")
    expect(day.desk.get_by_role("row", name=re.compile("Ana Delgado-Demo"))).to_contain_text("$555.00")


def invite(day: FirstDay) -> None:
    """Invite a client"""
    page = day.desk
    tap(page, "Ana Delgado-Demo")
    tap(page, "Link or invite a person")
    tap(page, "Invite a person")
    day.fill({"Name of the person": "Ana Delgado-Demo", "Email of the person": "ana@example.com"})
    page.get_by_label("The client, an adult").check()
    page.get_by_label("This person pays and sees what is owed").check()
    page.get_by_label("All that, and superbills").check()
    day.fill({"Why this person may": "She is the client"})
    go_on(page, "Continue")
    go_on(page, "Invite Ana Delgado-Demo")
    headed(page, "Ana Delgado-Demo is invited")
    day.told = page.locator(".code").inner_text()


def join(day: FirstDay) -> None:
    """What the client does: accept the invitation"""
    page = day.phone
    page.goto(Message.get(Message.kind == "mail.invite").values["join_url"])
    page.get_by_label(re.compile("^Your email, your initials")).fill("ana@example.com")
    page.get_by_label("6-digit code from your practice").fill(day.told)
    go_on(page, "Continue")
    page.get_by_label("Code from the email").fill(Message.get(Message.kind == "mail.code").values["code"])
    go_on(page, "Continue")
    go_on(page, "Use a passkey (face, finger or screen lock)")
    go_on(page, "Show my backup codes")
    go_on(page, "I saved my codes")
    page.get_by_label("I read this notice").check()
    go_on(page, "Finish")
    expect(page.get_by_role("status")).to_contain_text("You are ready. Here is your bill.")
    expect(page.locator("main")).to_contain_text("$555.00")


def turn_on(day: FirstDay) -> None:
    """Turn payments on"""
    page = day.desk
    day.menu("Client payments")
    go_on(page, "Turn payments on")
    expect(page.locator("main")).to_contain_text("Payments are on")


def pay(day: FirstDay) -> None:
    """What the client does: pay"""
    page = day.phone
    page.goto("/")
    tap(page, "Make a payment")
    tap(page, "Pay all $555.00")
    pick_test_card(page, "Approved Visa")
    tap(page, "Pay $555.00", "button")
    arrived(page)


def post(day: FirstDay) -> None:
    """See what came in, and post it"""
    page = day.desk
    day.menu("Inbox")
    expect(page.locator("#news")).to_contain_text("Payment received. It waits to be posted.")
    tap(page, "Payment received. It waits to be posted.")
    go_on(page, "Post $555.00 for Ana Delgado-Demo")
    expect(page.locator("main")).to_contain_text("Posted.")
    expect(page.locator(".menu .count")).to_be_empty()
    day.menu("Transactions")
    expect(page.get_by_role("row", name=re.compile("Ana Delgado-Demo"))).to_contain_text("$555.00")


def match(day: FirstDay) -> None:
    """Match the deposit with the bank"""
    day.later(days=5)
    day.processor.control("webhooks", {"wait": 10})
    day.jobs()
    page = day.desk
    page.goto("/practice/")
    page.get_by_label("Email").fill(OWNER["email"])
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    go_on(page, "Sign in")
    page.get_by_label("6-digit code").fill(day.code())
    go_on(page, "Continue")
    day.menu("Deposits")
    tap(page, "DEP-001")
    day.fill({"Amount at the bank": "555.00"})
    go_on(page, "Match")
    expect(page.locator("main")).to_contain_text("The deposit matches and is locked.")


def hand_out(day: FirstDay) -> None:
    """Hand the bookkeeper a file"""
    page = day.desk
    day.menu("Export")
    page.locator("main").get_by_role("link", name="Transactions").click()
    with page.expect_download() as download:
        go_on(page, "Download")
    rows = csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"), newline=""))
    assert [(row["Account ID"], row["Type"], row["Amount"], row["Deposit ID"]) for row in rows] == [
        ("1024", "Payment", "555.00", "DEP-001")
    ]


STEPS = (sign_in, fill_in, price, bring_in, invite, join, turn_on, pay, post, match, hand_out)


def test_from_an_empty_file_to_the_first_deposit(app, browse, processor, tmp_path, clock, site):
    processor.control("webhooks", {"url": f"{site}/webhooks/braintree", "kind": "check"})
    desk = browse(width=1280)
    day = FirstDay(app, desk, browse(), processor, tmp_path, clock)

    for step in STEPS:
        step(day)

    assert day.desk.wrong + day.phone.wrong == []


def test_the_guide_and_the_help_page_tell_the_same_steps():
    told = [f"{number}. {step.__doc__}" for number, step in enumerate(STEPS, 1)]

    assert re.findall(r"^## (\d+\. .+)$", GUIDE.read_text("utf-8"), re.MULTILINE) == told
    assert [f"{n}. {words.say(f'help.{step}.h', 'en')}" for n, step in enumerate(first_day.STEPS, 1)] == told
    assert list(first_day.STEPS) == [step.__name__ for step in STEPS]
