"""The practice desk: agreed fees, files brought in, deposits, the inbox, and sums the database keeps itself."""

from typing import Any

from migrations import sums
from migrations.rebuild import rebuild, without_foreign_keys

atomic = False

PRACTICE = """
CREATE TABLE practice (
    id INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, legal_name TEXT NOT NULL, short_name TEXT NOT NULL,
    line1 TEXT NOT NULL, line2 TEXT NOT NULL, city TEXT NOT NULL, state TEXT NOT NULL, zip TEXT NOT NULL,
    phone TEXT NOT NULL, email TEXT NOT NULL, ein TEXT NOT NULL, group_npi TEXT NOT NULL, time_zone TEXT NOT NULL,
    part2_program INTEGER NOT NULL, part2_notice TEXT NOT NULL, cpt_notice TEXT NOT NULL, refund_policy TEXT NOT NULL,
    payments_on INTEGER NOT NULL, payments_off_reason TEXT NOT NULL, payments_off_message TEXT NOT NULL,
    go_live_on DATE, show_balance INTEGER NOT NULL,
    posting_mode TEXT NOT NULL CHECK (posting_mode IN ('auto', 'manual')), posting_chosen INTEGER NOT NULL,
    checkout_layout TEXT NOT NULL CHECK (checkout_layout IN ('one_page', 'two_page')),
    per_line_amounts INTEGER NOT NULL,
    minimum_payment INTEGER NOT NULL CHECK (minimum_payment BETWEEN 1 AND 5000) CHECK (typeof(minimum_payment) IN
        ('integer', 'null')),
    notes_on INTEGER NOT NULL, saved_cards_on INTEGER NOT NULL, descriptor TEXT NOT NULL,
    invoice_due_days INTEGER NOT NULL, payment_copy_to TEXT NOT NULL,
    refund_limit INTEGER NOT NULL CHECK (refund_limit >= 0) CHECK (typeof(refund_limit) IN ('integer', 'null')),
    pay_by TEXT NOT NULL CHECK (pay_by IN ('card', 'outside')), outside_name TEXT NOT NULL,
    outside_host TEXT NOT NULL, outside_path TEXT NOT NULL, outside_id TEXT NOT NULL, outside_days INTEGER NOT NULL,
    outside_opened_at TEXT, statement_day INTEGER CHECK (statement_day BETWEEN 1 AND 28),
    telehealth_modifiers TEXT NOT NULL, CHECK (id = 1)
)
"""
FEE = """
CREATE TABLE fee (
    id INTEGER NOT NULL PRIMARY KEY, fee_key TEXT NOT NULL, label TEXT NOT NULL, label_es TEXT NOT NULL,
    code TEXT NOT NULL, modifiers TEXT NOT NULL, units INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')), kind TEXT NOT NULL,
    hsa_eligible INTEGER NOT NULL, retired_at TEXT
)
"""
NEW = """
CREATE TABLE agreement (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, client_id INTEGER NOT NULL, fee_id INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0) CHECK (typeof(amount) IN ('integer', 'null')), from_on DATE NOT NULL,
    until_on DATE, reason TEXT NOT NULL, "by" TEXT NOT NULL, at TEXT NOT NULL,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT,
    FOREIGN KEY (fee_id) REFERENCES fee (id) ON DELETE RESTRICT
);
CREATE TABLE open_charge (
    id INTEGER NOT NULL PRIMARY KEY, charge_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    open INTEGER NOT NULL CHECK (typeof(open) IN ('integer', 'null')),
    pending INTEGER NOT NULL CHECK (typeof(pending) IN ('integer', 'null')), since DATE,
    FOREIGN KEY (charge_id) REFERENCES charge (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT
);
CREATE TABLE open_day (
    id INTEGER NOT NULL PRIMARY KEY, since TEXT NOT NULL, charges INTEGER NOT NULL,
    open INTEGER NOT NULL CHECK (typeof(open) IN ('integer', 'null')),
    pending INTEGER NOT NULL CHECK (typeof(pending) IN ('integer', 'null'))
);
CREATE TABLE open_credit (
    id INTEGER NOT NULL PRIMARY KEY, payment_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    unapplied INTEGER NOT NULL CHECK (typeof(unapplied) IN ('integer', 'null')),
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT
);
CREATE TABLE month_total (
    id INTEGER NOT NULL PRIMARY KEY, month TEXT NOT NULL,
    received INTEGER NOT NULL CHECK (typeof(received) IN ('integer', 'null')),
    back INTEGER NOT NULL CHECK (typeof(back) IN ('integer', 'null'))
);
CREATE TABLE notice (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, kind TEXT NOT NULL, account_id INTEGER, payment_id INTEGER,
    attempt_id INTEGER, amount INTEGER CHECK (typeof(amount) IN ('integer', 'null')), at TEXT NOT NULL, read_at TEXT,
    read_by TEXT NOT NULL, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT
);
CREATE TABLE mapping (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fees', 'clients', 'accounts', 'charges', 'adjustments', 'settlement', 'bank',
        'pay_link', 'compare')),
    columns TEXT NOT NULL, options TEXT NOT NULL, "by" TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE import (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fees', 'clients', 'accounts', 'charges', 'adjustments', 'settlement', 'bank',
        'pay_link', 'compare')),
    profile TEXT NOT NULL, name TEXT NOT NULL, sha256 TEXT NOT NULL, file BLOB, columns TEXT NOT NULL,
    options TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('uploaded', 'checked', 'running', 'done', 'failed', 'undone')),
    rows INTEGER NOT NULL, done_rows INTEGER NOT NULL, result TEXT, digest TEXT NOT NULL, by_id INTEGER NOT NULL,
    at TEXT NOT NULL, committed_at TEXT, undone_at TEXT, FOREIGN KEY (by_id) REFERENCES staff (id) ON DELETE RESTRICT
);
CREATE TABLE imported (
    id INTEGER NOT NULL PRIMARY KEY, batch_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('fees', 'clients', 'accounts', 'charges', 'adjustments', 'settlement', 'bank',
        'pay_link', 'compare')),
    source TEXT NOT NULL, identity_sha256 TEXT NOT NULL, content_sha256 TEXT NOT NULL,
    external_id TEXT NOT NULL, line INTEGER NOT NULL, made TEXT NOT NULL, "before" TEXT, undone_at TEXT,
    FOREIGN KEY (batch_id) REFERENCES import (id) ON DELETE RESTRICT
);
CREATE TABLE bank_line (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, identity_sha256 TEXT NOT NULL, day DATE NOT NULL,
    text TEXT NOT NULL, amount INTEGER NOT NULL CHECK (typeof(amount) IN ('integer', 'null')), "by" TEXT NOT NULL,
    at TEXT NOT NULL
);
CREATE TABLE deposit (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, number TEXT NOT NULL, transfer_id TEXT,
    source TEXT NOT NULL CHECK (source IN ('announced', 'report', 'typed')), day DATE NOT NULL,
    gross INTEGER NOT NULL CHECK (typeof(gross) IN ('integer', 'null')),
    fees INTEGER NOT NULL CHECK (typeof(fees) IN ('integer', 'null')),
    refunds INTEGER NOT NULL CHECK (typeof(refunds) IN ('integer', 'null')),
    disputes INTEGER NOT NULL CHECK (typeof(disputes) IN ('integer', 'null')),
    adjustments INTEGER NOT NULL CHECK (typeof(adjustments) IN ('integer', 'null')),
    net INTEGER NOT NULL CHECK (typeof(net) IN ('integer', 'null')), bank_line_id INTEGER, matched_at TEXT,
    matched_by TEXT NOT NULL, at TEXT NOT NULL,
    FOREIGN KEY (bank_line_id) REFERENCES bank_line (id) ON DELETE RESTRICT
);
CREATE TABLE deposit_line (
    id INTEGER NOT NULL PRIMARY KEY, deposit_id INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('sale', 'refund', 'dispute', 'dispute_won', 'adjustment')),
    reference TEXT NOT NULL, order_id TEXT NOT NULL, payment_id INTEGER, back_id INTEGER,
    amount INTEGER NOT NULL CHECK (typeof(amount) IN ('integer', 'null')),
    fee INTEGER CHECK (typeof(fee) IN ('integer', 'null')),
    FOREIGN KEY (deposit_id) REFERENCES deposit (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (back_id) REFERENCES money_back (id) ON DELETE RESTRICT
);
CREATE TABLE outside_visit (
    id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, account_id INTEGER NOT NULL, at TEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT
);
CREATE TABLE exported (
    id INTEGER NOT NULL PRIMARY KEY, kind TEXT NOT NULL, from_on DATE, to_on DATE, rows INTEGER NOT NULL,
    last_entry INTEGER NOT NULL, by_id INTEGER NOT NULL, at TEXT NOT NULL,
    FOREIGN KEY (by_id) REFERENCES staff (id) ON DELETE RESTRICT
);
CREATE TABLE tick (
    id INTEGER NOT NULL PRIMARY KEY, row TEXT NOT NULL, "on" DATE NOT NULL, "by" TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE test_payment (
    id INTEGER NOT NULL PRIMARY KEY, order_id TEXT NOT NULL, request_key TEXT NOT NULL, processor TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'succeeded', 'declined', 'not_sent', 'closed',
        'canceled', 'expired')),
    transaction_id TEXT, staff_text TEXT NOT NULL, by_id INTEGER NOT NULL, at TEXT NOT NULL,
    back TEXT CHECK (back IN ('void', 'refund')), returned_at TEXT,
    FOREIGN KEY (by_id) REFERENCES staff (id) ON DELETE RESTRICT
);
CREATE TABLE broken_check (
    id INTEGER NOT NULL PRIMARY KEY, row TEXT NOT NULL, since TEXT NOT NULL, seen_at TEXT NOT NULL, told_at TEXT
);
CREATE UNIQUE INDEX fee_fee_key ON fee (fee_key);
CREATE UNIQUE INDEX agreement_key ON agreement ("key");
CREATE INDEX agreement_client_id ON agreement (client_id);
CREATE INDEX agreement_fee_id ON agreement (fee_id);
CREATE UNIQUE INDEX open_charge_charge_id ON open_charge (charge_id);
CREATE INDEX open_charge_account_id ON open_charge (account_id);
CREATE UNIQUE INDEX open_day_since ON open_day (since);
CREATE UNIQUE INDEX open_credit_payment_id ON open_credit (payment_id);
CREATE INDEX open_credit_account_id ON open_credit (account_id);
CREATE UNIQUE INDEX month_total_month ON month_total (month);
CREATE UNIQUE INDEX notice_key ON notice ("key");
CREATE INDEX notice_account_id ON notice (account_id);
CREATE INDEX notice_payment_id ON notice (payment_id);
CREATE INDEX notice_attempt_id ON notice (attempt_id);
CREATE INDEX notice_read_at_at ON notice (read_at, at);
CREATE UNIQUE INDEX mapping_key ON mapping ("key");
CREATE UNIQUE INDEX mapping_name ON mapping (name);
CREATE UNIQUE INDEX import_key ON import ("key");
CREATE INDEX import_by_id ON import (by_id);
CREATE INDEX import_state_at ON import (state, at);
CREATE INDEX imported_batch_id ON imported (batch_id);
CREATE INDEX imported_batch_id_line ON imported (batch_id, line);
CREATE INDEX imported_made ON imported (made);
CREATE UNIQUE INDEX imported_once ON imported (source, kind, identity_sha256) WHERE (undone_at IS NULL);
CREATE UNIQUE INDEX bank_line_key ON bank_line ("key");
CREATE UNIQUE INDEX bank_line_identity_sha256 ON bank_line (identity_sha256);
CREATE UNIQUE INDEX deposit_key ON deposit ("key");
CREATE UNIQUE INDEX deposit_number ON deposit (number);
CREATE UNIQUE INDEX deposit_transfer_id ON deposit (transfer_id);
CREATE INDEX deposit_bank_line_id ON deposit (bank_line_id);
CREATE INDEX deposit_matched_at_day ON deposit (matched_at, day);
CREATE INDEX deposit_day ON deposit (day);
CREATE INDEX deposit_line_deposit_id ON deposit_line (deposit_id);
CREATE INDEX deposit_line_payment_id ON deposit_line (payment_id);
CREATE INDEX deposit_line_back_id ON deposit_line (back_id);
CREATE UNIQUE INDEX deposit_line_deposit_id_kind_reference ON deposit_line (deposit_id, kind, reference);
CREATE INDEX deposit_line_reference ON deposit_line (reference);
CREATE INDEX outside_visit_user_id ON outside_visit (user_id);
CREATE INDEX outside_visit_account_id ON outside_visit (account_id);
CREATE INDEX exported_by_id ON exported (by_id);
CREATE UNIQUE INDEX tick_row ON tick (row);
CREATE UNIQUE INDEX broken_check_row ON broken_check (row);
CREATE UNIQUE INDEX test_payment_order_id ON test_payment (order_id);
CREATE UNIQUE INDEX test_payment_request_key ON test_payment (request_key);
CREATE UNIQUE INDEX test_payment_transaction_id ON test_payment (transaction_id);
CREATE INDEX test_payment_by_id ON test_payment (by_id);
CREATE INDEX charge_not_ready ON charge (service_date, id) WHERE NOT ready;
"""


def up(migrator: Any, db: Any) -> None:
    if db.table_exists("open_charge"):
        return  # done before, and cut off before that was written down
    with without_foreign_keys(db):
        rebuild(
            db,
            "practice",
            PRACTICE,
            {
                "pay_by": "'card'",
                "outside_name": "''",
                "outside_host": "''",
                "outside_path": "''",
                "outside_id": "''",
                "outside_days": "3",
                "outside_opened_at": "NULL",
                "statement_day": "NULL",
            },
        )
        rebuild(db, "fee", FEE, {"retired_at": "NULL"})
        for sql in (*NEW.split(";"), *sums.fill()):
            if sql.strip():
                db.execute_sql(sql)
