"""What each member of staff may do, in one table, and whose accounts a therapist sees."""

from enum import StrEnum
from typing import Any

from choices import StaffRole
from models import Account, AccountClient, Client, Staff

OWNER, THERAPIST, BILLER, AUDITOR = StaffRole


class Act(StrEnum):
    """One kind of thing to see or do on the practice's side."""

    SEE_PAYMENTS = "see_payments"
    SEE_ACCOUNTS = "see_accounts"
    CLOSE_ACCOUNT = "close_account"  # payments off for one account
    SEE_POSTING = "see_posting"
    POST = "post"
    REFUND = "refund"  # give money back, and agree when somebody else does
    SEE_CREDITS = "see_credits"
    SEE_TASKS = "see_tasks"
    FINISH_TASK = "finish_task"
    CLOSE_UNSURE = "close_unsure"  # end what nobody answered for, after a look at the processor
    SEE_DISPUTES = "see_disputes"
    ANSWER_DISPUTE = "answer_dispute"
    SEE_SWITCH = "see_switch"
    TURN_SWITCH = "turn_switch"
    SEE_SETTINGS = "see_settings"
    CHANGE_SETTINGS = "change_settings"


ALLOWED: dict[Act, tuple[StaffRole, ...]] = {
    Act.SEE_PAYMENTS: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.SEE_ACCOUNTS: (OWNER, THERAPIST, BILLER, AUDITOR),
    Act.CLOSE_ACCOUNT: (OWNER, THERAPIST),
    Act.SEE_POSTING: (OWNER, BILLER, AUDITOR),
    Act.POST: (OWNER, BILLER),
    Act.REFUND: (OWNER, BILLER),
    Act.SEE_CREDITS: (OWNER, BILLER, AUDITOR),
    Act.SEE_TASKS: (OWNER, BILLER, AUDITOR),
    Act.FINISH_TASK: (OWNER, BILLER),
    Act.CLOSE_UNSURE: (OWNER, BILLER),
    Act.SEE_DISPUTES: (OWNER, BILLER, AUDITOR),
    Act.ANSWER_DISPUTE: (OWNER, BILLER),
    Act.SEE_SWITCH: (OWNER, AUDITOR),
    Act.TURN_SWITCH: (OWNER,),
    Act.SEE_SETTINGS: (OWNER, AUDITOR),
    Act.CHANGE_SETTINGS: (OWNER,),
}


def may(staff: Staff, act: Act) -> bool:
    return staff.role in ALLOWED[act]


def accounts(staff: Staff) -> Any:
    """The accounts this person may see: a therapist those of their own clients, everyone else all."""
    if staff.role != THERAPIST:
        return Account.select()
    # A login that stands for no clinician has no clients: "provider IS NULL" must not match those without one.
    own = Client.provider.is_null(False) & (Client.provider == staff.provider_id)
    own = AccountClient.select(AccountClient.account).join(Client).where(own)
    return Account.select().where(Account.id.in_(own))


def account(staff: Staff, key: str) -> Account:
    """One account by its public key; `DoesNotExist` when this person may not see it."""
    found: Account = accounts(staff).where(Account.key == key).get()
    return found
