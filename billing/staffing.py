"""What each member of staff may do, in one table, and whose care and accounts a therapist sees or decides about.

What is open in an emergency may be read; whatever outlives that hour is for those in whose care the client is.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from peewee import SQL

from choices import StaffRole
from models import Account, AccountClient, BreakGlass, Charge, Client, Document, DocumentCharge, Staff

OWNER, THERAPIST, BILLER, AUDITOR = StaffRole


class Act(StrEnum):
    """One kind of thing to see or do on the practice's side."""

    SEE_TODAY = "see_today"
    READ_INBOX = "read_inbox"  # say that its news were seen
    SEE_PAYMENTS = "see_payments"
    SEE_ACCOUNTS = "see_accounts"
    CLOSE_ACCOUNT = "close_account"  # payments off for one account
    SEE_POSTING = "see_posting"
    POST = "post"
    REFUND = "refund"  # give money back, and agree when somebody else does
    SEE_CREDITS = "see_credits"
    SEE_PAPERS = "see_papers"  # invoices and statements; receipts go with payments
    MAKE_PAPERS = "make_papers"
    SEE_SUPERBILLS = "see_superbills"  # they hold codes, diagnoses and what is on file for the insurer
    MAKE_SUPERBILLS = "make_superbills"  # new ones, and what replaces one
    SHARE = "share"  # tell clients of the portal
    SEE_REPORTS = "see_reports"
    SEE_TASKS = "see_tasks"
    FINISH_TASK = "finish_task"
    CLOSE_UNSURE = "close_unsure"  # end what nobody answered for, after a look at the processor
    SEE_DISPUTES = "see_disputes"
    ANSWER_DISPUTE = "answer_dispute"
    SEE_SWITCH = "see_switch"
    TURN_SWITCH = "turn_switch"
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"
    SEE_STAFF = "see_staff"
    CHANGE_STAFF = "change_staff"
    SEE_LINKS = "see_links"
    CHANGE_LINKS = "change_links"  # who pays for whom, and who may see health details
    ERASE_LOGIN = "erase_login"  # take a client's login away for good
    OWN_SIGN_IN = "own_sign_in"  # how they sign in themselves
    SEE_LOG = "see_log"
    REVIEW_LOG = "review_log"  # say that the week was looked through
    SEE_SERVICES = "see_services"  # the fee schedule, and what was agreed with clients
    ADD_SERVICE = "add_service"  # charge clients, agree on a fee, part a visit between two payers
    CHANGE_FEES = "change_fees"
    CHANGE_DIAGNOSES = "change_diagnoses"
    CHANGE_BOOKS = "change_books"  # write into an account's ledger by hand
    CHANGE_PEOPLE = "change_people"  # clients and accounts: new ones, their facts, who is on which
    SEE_DEPOSITS = "see_deposits"
    MATCH_DEPOSITS = "match_deposits"  # say what the bank shows, load the processor's and the bank's files
    SEE_IMPORTS = "see_imports"
    IMPORT = "import"  # bring files of other systems in, and undo that
    SEE_EXPORTS = "see_exports"  # files of transactions, postings, deposits and services
    SEE_ON_FILE = "see_on_file"  # what is kept of a client for the insurer: birth date, address, member number
    BREAK_GLASS = "break_glass"  # open a client of a colleague who is away


ALLOWED: dict[Act, tuple[StaffRole, ...]] = {
    Act.SEE_TODAY: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.READ_INBOX: (OWNER, THERAPIST, BILLER),
    Act.SEE_PAYMENTS: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.SEE_ACCOUNTS: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.CLOSE_ACCOUNT: (OWNER, THERAPIST),
    Act.SEE_POSTING: (OWNER, BILLER, AUDITOR),
    Act.POST: (OWNER, BILLER),
    Act.REFUND: (OWNER, BILLER),
    Act.SEE_CREDITS: (OWNER, BILLER, AUDITOR),
    Act.SEE_PAPERS: (OWNER, BILLER, AUDITOR),
    Act.MAKE_PAPERS: (OWNER, BILLER),
    Act.SEE_SUPERBILLS: (OWNER, THERAPIST),
    Act.MAKE_SUPERBILLS: (OWNER, THERAPIST),
    Act.SHARE: (OWNER, THERAPIST, BILLER),
    Act.SEE_REPORTS: (OWNER, BILLER, AUDITOR),
    Act.SEE_TASKS: (OWNER, BILLER, AUDITOR),
    Act.FINISH_TASK: (OWNER, BILLER),
    Act.CLOSE_UNSURE: (OWNER, BILLER),
    Act.SEE_DISPUTES: (OWNER, BILLER, AUDITOR),
    Act.ANSWER_DISPUTE: (OWNER, BILLER),
    Act.SEE_SWITCH: (OWNER, AUDITOR),
    Act.TURN_SWITCH: (OWNER,),
    Act.SEE_SETTINGS: (OWNER, AUDITOR),
    Act.CHANGE_SETTINGS: (OWNER,),
    Act.SEE_STAFF: (OWNER, AUDITOR),
    Act.CHANGE_STAFF: (OWNER,),
    Act.SEE_LOG: (OWNER, AUDITOR),
    Act.REVIEW_LOG: (OWNER,),
    Act.SEE_LINKS: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.CHANGE_LINKS: (OWNER, THERAPIST),
    Act.ERASE_LOGIN: (OWNER,),
    Act.SEE_SERVICES: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.ADD_SERVICE: (OWNER, THERAPIST, BILLER),
    Act.CHANGE_FEES: (OWNER,),
    Act.CHANGE_DIAGNOSES: (OWNER, THERAPIST),
    Act.CHANGE_BOOKS: (OWNER, BILLER),
    Act.CHANGE_PEOPLE: (OWNER, THERAPIST, BILLER),
    Act.SEE_ON_FILE: (OWNER, THERAPIST),
    Act.OWN_SIGN_IN: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.SEE_DEPOSITS: (OWNER, BILLER, AUDITOR),
    Act.MATCH_DEPOSITS: (OWNER, BILLER),
    Act.SEE_IMPORTS: (OWNER, BILLER, AUDITOR),
    Act.IMPORT: (OWNER, BILLER),
    Act.SEE_EXPORTS: (OWNER, BILLER, AUDITOR),
    # Of these only whoever stands in for colleagues; all others see every client anyway.
    Act.BREAK_GLASS: (THERAPIST,),
}


@dataclass(frozen=True)
class Panel:
    """Whose care one member of staff may read now; `clients` is None for those who read everyone's."""

    clients: frozenset[int] | None
    provider: int | None

    def has(self, client: Client) -> bool:
        return self.clients is None or client.id in self.clients

    def reads(self, charge: Charge) -> bool:
        """A visit of one of these clients, or one that this clinician gave."""
        own = self.provider is not None and charge.provider_id == self.provider
        return own or self.clients is None or charge.client_id in self.clients


def may(staff: Staff, act: Act) -> bool:
    return staff.role in ALLOWED[act] and (act != Act.BREAK_GLASS or staff.backup)


def panel(staff: Staff, now: datetime) -> Panel:
    """A therapist reads own clients and those opened in an emergency, everyone else all."""
    return _panel(staff, _seen(staff, now))


def own_panel(staff: Staff) -> Panel:
    """As `panel`, of the clients about whom this person decides."""
    return _panel(staff, own(staff))


def accounts(staff: Staff, now: datetime) -> Any:
    """The accounts this person may see now: a therapist those of the clients they read, everyone else all."""
    return _with(staff, _seen(staff, now))


def within(staff: Staff, column: Any, now: datetime) -> Any:
    """The condition that this column names an account they may see now. Who sees all is not compared with each of them:
    that would cost the more the more there are.
    """
    return column.in_(accounts(staff, now).select(Account.id)) if staff.role == THERAPIST else SQL("1")


def account(staff: Staff, key: str, now: datetime) -> Account:
    """One account by its public key; `DoesNotExist` when this person may not see it."""
    found: Account = accounts(staff, now).where(Account.key == key).get()
    return found


def own_accounts(staff: Staff) -> Any:
    """The accounts about which this person decides: a therapist those of own clients, opened ones not among them."""
    return _with(staff, own(staff))


def own_account(staff: Staff, key: str) -> Account:
    """One of them by its public key; `DoesNotExist` for any other."""
    found: Account = own_accounts(staff).where(Account.key == key).get()
    return found


def decides(staff: Staff, account: Account) -> bool:
    """Whether this account is one of them."""
    return bool(own_accounts(staff).where(Account.id == account.id).exists())


def opened(staff: Staff, now: datetime) -> Any:
    """The condition for what this person has open in an emergency now; nothing for who may not stand in any longer."""
    return running(staff, now) if may(staff, Act.BREAK_GLASS) else BreakGlass.id.in_([])


def running(staff: Staff, now: datetime) -> Any:
    """The condition for windows of this person whose time is not over."""
    return (BreakGlass.staff == staff) & (BreakGlass.began_at <= now) & (BreakGlass.ends_at > now)


def papers(staff: Staff, found: list[Document], now: datetime) -> list[Document]:
    """Those of `found` that list no visit this person may not read."""
    reading = panel(staff, now)
    rows = DocumentCharge.select(DocumentCharge, Charge).join(Charge).where(DocumentCharge.document.in_(found))
    hidden = {row.document_id for row in rows if not reading.reads(row.charge)}
    return [document for document in found if document.id not in hidden]


def own(staff: Staff) -> Any:
    """The condition for clients in this therapist's care."""
    # A login that stands for no clinician has no clients: "provider IS NULL" must not match those without one.
    return Client.provider.is_null(False) & (Client.provider == staff.provider_id)


def _panel(staff: Staff, care: Any) -> Panel:
    """Everyone, or for a therapist the clients of this `care`."""
    if staff.role != THERAPIST:
        return Panel(None, None)
    return Panel(frozenset(row.id for row in Client.select(Client.id).where(care)), staff.provider_id)


def _with(staff: Staff, care: Any) -> Any:
    """All accounts, or for a therapist those with a client of this `care`."""
    if staff.role != THERAPIST:
        return Account.select()
    accounts_with = AccountClient.select(AccountClient.account).join(Client).where(care)
    return Account.select().where(Account.id.in_(accounts_with))


def _seen(staff: Staff, now: datetime) -> Any:
    return own(staff) | Client.id.in_(BreakGlass.select(BreakGlass.client).where(opened(staff, now)))
