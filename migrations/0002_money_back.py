"""Money back asked of the processor, disputes with their evidence, and what webhooks said."""

import secrets
from typing import Any

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
    telehealth_modifiers TEXT NOT NULL, CHECK (id = 1)
)
"""
DISPUTE = """
CREATE TABLE dispute (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, payment_id INTEGER NOT NULL, processor_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('open', 'won', 'lost')), status TEXT NOT NULL, reason TEXT NOT NULL,
    opened_on DATE NOT NULL, evidence_due_on DATE, answer TEXT CHECK (answer IN ('accepted', 'fought')),
    answered_at TEXT, closed_at TEXT, FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT
)
"""
NEW = """
CREATE TABLE money_back (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, form_key TEXT NOT NULL, order_id TEXT NOT NULL,
    request_key TEXT NOT NULL, attempt_id INTEGER, payment_id INTEGER,
    kind TEXT NOT NULL CHECK (kind IN ('void', 'refund')),
    method TEXT NOT NULL CHECK (method IN ('card', 'ach', 'cash', 'check', 'external')),
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')), reason TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'succeeded', 'declined', 'not_sent', 'closed',
        'canceled', 'expired')),
    asked_by_id INTEGER, approved_by_id INTEGER, not_before TEXT, created_at TEXT NOT NULL, sent_at TEXT,
    answered_at TEXT, transaction_id TEXT, entry_id INTEGER, reference TEXT NOT NULL, failed_at TEXT,
    staff_text TEXT NOT NULL, searches INTEGER NOT NULL, searched_at TEXT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (asked_by_id) REFERENCES staff (id) ON DELETE RESTRICT,
    FOREIGN KEY (approved_by_id) REFERENCES staff (id) ON DELETE RESTRICT,
    FOREIGN KEY (entry_id) REFERENCES entry (id) ON DELETE RESTRICT,
    CHECK (approved_by_id IS NULL OR approved_by_id <> asked_by_id),
    CHECK ((attempt_id IS NULL) <> (payment_id IS NULL))
);
CREATE TABLE evidence (
    id INTEGER NOT NULL PRIMARY KEY, dispute_id INTEGER NOT NULL, category TEXT NOT NULL, text TEXT NOT NULL,
    "by" TEXT NOT NULL, at TEXT NOT NULL, processor_id TEXT, removed_at TEXT,
    FOREIGN KEY (dispute_id) REFERENCES dispute (id) ON DELETE RESTRICT
);
CREATE TABLE webhook_delivery (
    id INTEGER NOT NULL PRIMARY KEY, payload_sha256 TEXT NOT NULL, kind TEXT NOT NULL, subject_id TEXT NOT NULL,
    transaction_id TEXT NOT NULL, facts TEXT NOT NULL, received_at TEXT NOT NULL, tries INTEGER NOT NULL,
    due_at TEXT NOT NULL, done_at TEXT
);
CREATE TABLE forged_webhooks (
    id INTEGER NOT NULL PRIMARY KEY, day DATE NOT NULL, count INTEGER NOT NULL
);
CREATE UNIQUE INDEX dispute_key ON dispute ("key");
CREATE UNIQUE INDEX dispute_payment_id ON dispute (payment_id);
CREATE UNIQUE INDEX dispute_processor_id ON dispute (processor_id);
CREATE UNIQUE INDEX money_back_key ON money_back ("key");
CREATE UNIQUE INDEX money_back_form_key ON money_back (form_key);
CREATE UNIQUE INDEX money_back_order_id ON money_back (order_id);
CREATE UNIQUE INDEX money_back_request_key ON money_back (request_key);
CREATE INDEX money_back_attempt_id ON money_back (attempt_id);
CREATE INDEX money_back_payment_id ON money_back (payment_id);
CREATE INDEX money_back_asked_by_id ON money_back (asked_by_id);
CREATE INDEX money_back_approved_by_id ON money_back (approved_by_id);
CREATE UNIQUE INDEX money_back_transaction_id ON money_back (transaction_id);
CREATE UNIQUE INDEX money_back_entry_id ON money_back (entry_id);
CREATE INDEX money_back_state_created_at ON money_back (state, created_at);
CREATE UNIQUE INDEX money_back_under_way ON money_back (attempt_id) WHERE (state IN ('created', 'sent', 'unknown'));
CREATE UNIQUE INDEX money_back_by_hand ON money_back (payment_id) WHERE (state IN ('created', 'sent', 'unknown'));
CREATE INDEX evidence_dispute_id ON evidence (dispute_id);
CREATE UNIQUE INDEX evidence_processor_id ON evidence (processor_id);
CREATE UNIQUE INDEX webhook_delivery_payload_sha256 ON webhook_delivery (payload_sha256);
CREATE INDEX webhook_delivery_due ON webhook_delivery (id) WHERE (done_at IS NULL);
CREATE UNIQUE INDEX forged_webhooks_day ON forged_webhooks (day);
"""


def up(migrator: Any, db: Any) -> None:
    if db.table_exists("money_back"):
        return  # done before, and cut off before that was written down
    with without_foreign_keys(db):
        rebuild(db, "practice", PRACTICE, {"refund_limit": "50000"})
        rebuild(db, "dispute", DISPUTE, {"key": "'old-' || id", "status": "state"})
        for sql in NEW.split(";"):
            if sql.strip():
                db.execute_sql(sql)
        for (row,) in db.execute_sql("SELECT id FROM dispute").fetchall():
            db.execute_sql("UPDATE dispute SET key = ? WHERE id = ?", (secrets.token_urlsafe(16), row))
