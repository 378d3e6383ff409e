"""Every table and index of the first release. Triggers are not here: they are laid anew after each run."""

from typing import Any

TABLES = """
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
    invoice_due_days INTEGER NOT NULL, payment_copy_to TEXT NOT NULL, telehealth_modifiers TEXT NOT NULL,
    CHECK (id = 1)
);
CREATE TABLE provider (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, credentials TEXT NOT NULL,
    license_type TEXT NOT NULL, license_number TEXT NOT NULL, license_state TEXT NOT NULL, npi TEXT NOT NULL,
    taxonomy TEXT NOT NULL, supervisor_id INTEGER,
    FOREIGN KEY (supervisor_id) REFERENCES provider (id) ON DELETE RESTRICT
);
CREATE TABLE staff (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, password_hash TEXT,
    role TEXT NOT NULL CHECK (role IN ('owner', 'therapist', 'biller', 'auditor')), provider_id INTEGER,
    language TEXT NOT NULL, disabled_at TEXT, FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
);
CREATE TABLE client (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, external_id TEXT, first_name TEXT NOT NULL,
    last_name TEXT NOT NULL, date_of_birth DATE, line1 TEXT NOT NULL, line2 TEXT NOT NULL, city TEXT NOT NULL,
    state TEXT NOT NULL, zip TEXT NOT NULL, phone TEXT NOT NULL, email TEXT NOT NULL, sex TEXT NOT NULL,
    provider_id INTEGER, language TEXT NOT NULL, medicare INTEGER NOT NULL, medicaid INTEGER NOT NULL,
    "plan" TEXT NOT NULL, member_id TEXT NOT NULL, plan_group TEXT NOT NULL, insured_relation TEXT NOT NULL,
    insured_name TEXT NOT NULL, FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
);
CREATE TABLE account (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, number TEXT NOT NULL, guarantor_name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('single', 'family', 'joint')), payments_off INTEGER NOT NULL
);
CREATE TABLE account_client (
    id INTEGER NOT NULL PRIMARY KEY, account_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT
);
CREATE TABLE "user" (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, password_hash TEXT,
    language TEXT NOT NULL, vault_id TEXT NOT NULL, disabled_at TEXT
);
CREATE TABLE link (
    id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('self', 'representative', 'partner', 'guarantor', 'minor')),
    rights TEXT NOT NULL, basis TEXT NOT NULL, from_on DATE NOT NULL, ended_at TEXT, approved_by_id INTEGER,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (approved_by_id) REFERENCES staff (id) ON DELETE RESTRICT
);
CREATE TABLE consent (
    id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL,
    text_sha256 TEXT NOT NULL, language TEXT NOT NULL, at TEXT NOT NULL, ip TEXT NOT NULL, reference TEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT
);
CREATE TABLE saved_card (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, user_id INTEGER NOT NULL, token TEXT NOT NULL,
    brand TEXT NOT NULL, last4 TEXT NOT NULL CHECK (length(last4) = 4),
    exp_month INTEGER NOT NULL CHECK (exp_month BETWEEN 1 AND 12), exp_year INTEGER NOT NULL, funding TEXT NOT NULL,
    healthcare INTEGER NOT NULL, main INTEGER NOT NULL, consent_id INTEGER, removed_at TEXT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (consent_id) REFERENCES consent (id) ON DELETE RESTRICT
);
CREATE TABLE fee (
    id INTEGER NOT NULL PRIMARY KEY, fee_key TEXT NOT NULL, label TEXT NOT NULL, label_es TEXT NOT NULL,
    code TEXT NOT NULL, modifiers TEXT NOT NULL, units INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')), kind TEXT NOT NULL,
    hsa_eligible INTEGER NOT NULL
);
CREATE TABLE diagnosis (
    id INTEGER NOT NULL PRIMARY KEY, code TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE charge (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, account_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    provider_id INTEGER, visit TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('service', 'fee', 'opening')),
    label TEXT NOT NULL, label_es TEXT NOT NULL, service_date DATE NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    payer TEXT NOT NULL CHECK (payer IN ('client', 'insurance')), code TEXT NOT NULL, modifiers TEXT NOT NULL,
    units INTEGER NOT NULL CHECK (units >= 1), pos TEXT NOT NULL, dx TEXT NOT NULL, pointers TEXT NOT NULL,
    share_number INTEGER, share_of INTEGER,
    share_visit_amount INTEGER CHECK (typeof(share_visit_amount) IN ('integer', 'null')),
    hsa_eligible INTEGER NOT NULL, rendered INTEGER NOT NULL, ready INTEGER NOT NULL, confidential INTEGER NOT NULL,
    no_plan_disclosure INTEGER NOT NULL, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT,
    FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
);
CREATE TABLE attempt (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, attempt_key TEXT NOT NULL, order_id TEXT NOT NULL,
    request_key TEXT NOT NULL, account_id INTEGER NOT NULL, user_id INTEGER NOT NULL,
    way TEXT NOT NULL CHECK (way IN ('one', 'many', 'amount', 'plan', 'autopay', 'staff', 'import')),
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    state TEXT NOT NULL CHECK (state IN ('created', 'sent', 'unknown', 'succeeded', 'declined', 'not_sent', 'closed',
        'canceled', 'expired')),
    saved_card_id INTEGER, consent_id INTEGER, note TEXT NOT NULL, receipt_email TEXT NOT NULL,
    language TEXT NOT NULL, created_at TEXT NOT NULL, sent_at TEXT, answered_at TEXT, transaction_id TEXT,
    card_brand TEXT NOT NULL, card_last4 TEXT NOT NULL, decline_key TEXT NOT NULL, staff_text TEXT NOT NULL,
    searches INTEGER NOT NULL, searched_at TEXT, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (saved_card_id) REFERENCES saved_card (id) ON DELETE RESTRICT,
    FOREIGN KEY (consent_id) REFERENCES consent (id) ON DELETE RESTRICT
);
CREATE TABLE attempt_line (
    id INTEGER NOT NULL PRIMARY KEY, attempt_id INTEGER NOT NULL, charge_id INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    FOREIGN KEY (charge_id) REFERENCES charge (id) ON DELETE RESTRICT
);
CREATE TABLE attempt_event (
    id INTEGER NOT NULL PRIMARY KEY, attempt_id INTEGER NOT NULL, at TEXT NOT NULL, "before" TEXT NOT NULL,
    "after" TEXT NOT NULL, what TEXT NOT NULL, FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT
);
CREATE TABLE payment (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, account_id INTEGER NOT NULL, user_id INTEGER,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    method TEXT NOT NULL CHECK (method IN ('card', 'ach', 'cash', 'check', 'external')),
    source TEXT NOT NULL CHECK (source IN ('portal', 'autopay', 'plan', 'staff', 'import')),
    way TEXT NOT NULL CHECK (way IN ('one', 'many', 'amount', 'plan', 'autopay', 'staff', 'import')),
    paid_at TEXT NOT NULL, note TEXT NOT NULL, card_brand TEXT NOT NULL, card_last4 TEXT NOT NULL,
    check_number TEXT NOT NULL, site TEXT NOT NULL, attempt_id INTEGER,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    CHECK ((attempt_id IS NOT NULL) = (source IN ('portal', 'autopay', 'plan')))
);
CREATE TABLE waiting_payment (
    id INTEGER NOT NULL PRIMARY KEY, attempt_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')),
    received_at TEXT NOT NULL, payment_id INTEGER,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT
);
CREATE TABLE entry (
    id INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('charge', 'charge_void', 'adjustment', 'adjustment_reversal',
        'insurance_payment', 'insurance_reversal', 'transfer', 'transfer_reversal', 'payment', 'allocation',
        'release', 'settlement', 'void', 'refund', 'return', 'chargeback', 'chargeback_won')),
    account_id INTEGER NOT NULL, charge_id INTEGER, payment_id INTEGER, names_id INTEGER,
    amount INTEGER NOT NULL CHECK (amount > 0) CHECK (typeof(amount) IN ('integer', 'null')), category TEXT NOT NULL,
    reason TEXT NOT NULL, reference TEXT NOT NULL, "by" TEXT NOT NULL, "on" DATE NOT NULL, at TEXT NOT NULL,
    prev_hash TEXT NOT NULL, hash TEXT NOT NULL, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (charge_id) REFERENCES charge (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (names_id) REFERENCES entry (id) ON DELETE RESTRICT,
    CHECK ((charge_id IS NOT NULL) = (kind IN ('charge', 'charge_void', 'adjustment', 'adjustment_reversal',
        'insurance_payment', 'insurance_reversal', 'transfer', 'transfer_reversal', 'allocation', 'release'))),
    CHECK ((payment_id IS NOT NULL) = (kind NOT IN ('charge', 'charge_void', 'adjustment', 'adjustment_reversal',
        'insurance_payment', 'insurance_reversal', 'transfer', 'transfer_reversal'))),
    CHECK ((names_id IS NOT NULL) = (kind IN ('adjustment_reversal', 'insurance_reversal', 'transfer_reversal')))
);
CREATE TABLE dispute (
    id INTEGER NOT NULL PRIMARY KEY, payment_id INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
    opened_on DATE NOT NULL, evidence_due_on DATE, FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT
);
CREATE TABLE hold (
    id INTEGER NOT NULL PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('dispute', 'review')),
    account_id INTEGER NOT NULL, charge_id INTEGER, dispute_id INTEGER, reason TEXT NOT NULL, began_at TEXT NOT NULL,
    ended_at TEXT, FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (charge_id) REFERENCES charge (id) ON DELETE RESTRICT,
    FOREIGN KEY (dispute_id) REFERENCES dispute (id) ON DELETE RESTRICT
);
CREATE TABLE document (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL,
    type TEXT NOT NULL CHECK (type IN ('invoice', 'receipt', 'statement', 'superbill', 'estimate')),
    year INTEGER NOT NULL, serial INTEGER NOT NULL, account_id INTEGER NOT NULL, client_id INTEGER,
    provider_id INTEGER, user_id INTEGER, payment_id INTEGER, attempt_id INTEGER, labels INTEGER NOT NULL,
    issued_at TEXT NOT NULL, from_on DATE, to_on DATE, language TEXT NOT NULL, data TEXT NOT NULL,
    data_sha256 TEXT NOT NULL, pdf BLOB, pdf_sha256 TEXT, replaces_id INTEGER,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT,
    FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    FOREIGN KEY (replaces_id) REFERENCES document (id) ON DELETE RESTRICT
);
CREATE TABLE document_charge (
    id INTEGER NOT NULL PRIMARY KEY, document_id INTEGER NOT NULL, charge_id INTEGER NOT NULL,
    FOREIGN KEY (document_id) REFERENCES document (id) ON DELETE RESTRICT,
    FOREIGN KEY (charge_id) REFERENCES charge (id) ON DELETE RESTRICT
);
CREATE TABLE document_payment (
    id INTEGER NOT NULL PRIMARY KEY, document_id INTEGER NOT NULL, payment_id INTEGER NOT NULL,
    FOREIGN KEY (document_id) REFERENCES document (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT
);
CREATE TABLE sign_in (
    id INTEGER NOT NULL PRIMARY KEY, token_sha256 TEXT NOT NULL, user_id INTEGER, staff_id INTEGER,
    began_at TEXT NOT NULL, seen_at TEXT NOT NULL, ended_at TEXT, ip TEXT NOT NULL, agent TEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
);
CREATE TABLE sign_in_failure (
    id INTEGER NOT NULL PRIMARY KEY, email_sha256 TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE message (
    id INTEGER NOT NULL PRIMARY KEY, kind TEXT NOT NULL, "to" TEXT NOT NULL, language TEXT NOT NULL,
    "values" TEXT NOT NULL, created_at TEXT NOT NULL, sent_at TEXT, tries INTEGER NOT NULL, failed_at TEXT
);
CREATE TABLE task (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, kind TEXT NOT NULL, account_id INTEGER, attempt_id INTEGER,
    payment_id INTEGER, detail TEXT NOT NULL, created_at TEXT NOT NULL, done_at TEXT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (attempt_id) REFERENCES attempt (id) ON DELETE RESTRICT,
    FOREIGN KEY (payment_id) REFERENCES payment (id) ON DELETE RESTRICT
);
CREATE TABLE audit_entry (
    id INTEGER NOT NULL PRIMARY KEY, at TEXT NOT NULL, "by" TEXT NOT NULL, what TEXT NOT NULL, subject TEXT NOT NULL,
    result TEXT NOT NULL, detail TEXT NOT NULL, ip TEXT NOT NULL
);
"""

INDEXES = """
CREATE UNIQUE INDEX provider_key ON provider ("key");
CREATE INDEX provider_supervisor_id ON provider (supervisor_id);
CREATE UNIQUE INDEX staff_key ON staff ("key");
CREATE UNIQUE INDEX staff_email ON staff (email);
CREATE INDEX staff_provider_id ON staff (provider_id);
CREATE UNIQUE INDEX client_key ON client ("key");
CREATE UNIQUE INDEX client_external_id ON client (external_id);
CREATE INDEX client_provider_id ON client (provider_id);
CREATE UNIQUE INDEX account_key ON account ("key");
CREATE UNIQUE INDEX account_number ON account (number);
CREATE INDEX account_guarantor_name_number ON account (guarantor_name, number);
CREATE INDEX account_client_account_id ON account_client (account_id);
CREATE INDEX account_client_client_id ON account_client (client_id);
CREATE UNIQUE INDEX account_client_account_id_client_id ON account_client (account_id, client_id);
CREATE UNIQUE INDEX user_key ON "user" ("key");
CREATE UNIQUE INDEX user_email ON "user" (email);
CREATE UNIQUE INDEX user_vault_id ON "user" (vault_id);
CREATE INDEX link_user_id ON link (user_id);
CREATE INDEX link_account_id ON link (account_id);
CREATE INDEX link_approved_by_id ON link (approved_by_id);
CREATE INDEX link_user_id_account_id ON link (user_id, account_id);
CREATE INDEX consent_user_id ON consent (user_id);
CREATE UNIQUE INDEX saved_card_key ON saved_card ("key");
CREATE INDEX saved_card_user_id ON saved_card (user_id);
CREATE UNIQUE INDEX saved_card_token ON saved_card (token);
CREATE INDEX saved_card_consent_id ON saved_card (consent_id);
CREATE UNIQUE INDEX saved_card_main ON saved_card (user_id) WHERE (main AND (removed_at IS NULL));
CREATE UNIQUE INDEX fee_fee_key ON fee (fee_key);
CREATE UNIQUE INDEX diagnosis_code ON diagnosis (code);
CREATE UNIQUE INDEX charge_key ON charge ("key");
CREATE INDEX charge_account_id ON charge (account_id);
CREATE INDEX charge_client_id ON charge (client_id);
CREATE INDEX charge_provider_id ON charge (provider_id);
CREATE INDEX charge_account_id_service_date ON charge (account_id, service_date);
CREATE INDEX charge_client_id_service_date ON charge (client_id, service_date);
CREATE UNIQUE INDEX attempt_key ON attempt ("key");
CREATE UNIQUE INDEX attempt_attempt_key ON attempt (attempt_key);
CREATE UNIQUE INDEX attempt_order_id ON attempt (order_id);
CREATE UNIQUE INDEX attempt_request_key ON attempt (request_key);
CREATE INDEX attempt_account_id ON attempt (account_id);
CREATE INDEX attempt_user_id ON attempt (user_id);
CREATE INDEX attempt_saved_card_id ON attempt (saved_card_id);
CREATE INDEX attempt_consent_id ON attempt (consent_id);
CREATE UNIQUE INDEX attempt_transaction_id ON attempt (transaction_id);
CREATE INDEX attempt_account_id_state ON attempt (account_id, state);
CREATE INDEX attempt_state_created_at ON attempt (state, created_at);
CREATE INDEX attempt_user_id_created_at ON attempt (user_id, created_at);
CREATE INDEX attempt_line_attempt_id ON attempt_line (attempt_id);
CREATE INDEX attempt_line_charge_id ON attempt_line (charge_id);
CREATE UNIQUE INDEX attempt_line_attempt_id_charge_id ON attempt_line (attempt_id, charge_id);
CREATE INDEX attempt_event_attempt_id ON attempt_event (attempt_id);
CREATE UNIQUE INDEX payment_key ON payment ("key");
CREATE INDEX payment_account_id ON payment (account_id);
CREATE INDEX payment_user_id ON payment (user_id);
CREATE UNIQUE INDEX payment_attempt_id ON payment (attempt_id);
CREATE INDEX payment_account_id_paid_at ON payment (account_id, paid_at);
CREATE INDEX payment_paid_at_id_amount ON payment (paid_at, id, amount);
CREATE UNIQUE INDEX waiting_payment_attempt_id ON waiting_payment (attempt_id);
CREATE INDEX waiting_payment_account_id ON waiting_payment (account_id);
CREATE UNIQUE INDEX waiting_payment_payment_id ON waiting_payment (payment_id);
CREATE INDEX entry_account_id ON entry (account_id);
CREATE INDEX entry_charge_id ON entry (charge_id);
CREATE INDEX entry_payment_id ON entry (payment_id);
CREATE INDEX entry_names_id ON entry (names_id);
CREATE UNIQUE INDEX entry_prev_hash ON entry (prev_hash);
CREATE UNIQUE INDEX entry_hash ON entry (hash);
CREATE INDEX entry_charge_id_kind ON entry (charge_id, kind);
CREATE INDEX entry_payment_id_kind ON entry (payment_id, kind);
CREATE INDEX entry_account_id_id ON entry (account_id, id);
CREATE UNIQUE INDEX entry_one_charge ON entry (charge_id) WHERE (kind = 'charge');
CREATE UNIQUE INDEX entry_one_charge_void ON entry (charge_id) WHERE (kind = 'charge_void');
CREATE UNIQUE INDEX entry_one_payment ON entry (payment_id) WHERE (kind = 'payment');
CREATE UNIQUE INDEX entry_one_settlement ON entry (payment_id) WHERE (kind = 'settlement');
CREATE UNIQUE INDEX entry_one_void ON entry (payment_id) WHERE (kind = 'void');
CREATE UNIQUE INDEX entry_one_return ON entry (payment_id) WHERE (kind = 'return');
CREATE UNIQUE INDEX entry_one_chargeback ON entry (payment_id) WHERE (kind = 'chargeback');
CREATE UNIQUE INDEX entry_one_chargeback_won ON entry (payment_id) WHERE (kind = 'chargeback_won');
CREATE INDEX entry_back ON entry (payment_id) WHERE (kind IN ('void', 'refund', 'return', 'chargeback',
    'chargeback_won'));
CREATE UNIQUE INDEX dispute_payment_id ON dispute (payment_id);
CREATE INDEX hold_account_id ON hold (account_id);
CREATE INDEX hold_charge_id ON hold (charge_id);
CREATE INDEX hold_dispute_id ON hold (dispute_id);
CREATE INDEX hold_account_id_ended_at ON hold (account_id, ended_at);
CREATE INDEX hold_charge_id_ended_at ON hold (charge_id, ended_at);
CREATE UNIQUE INDEX document_key ON document ("key");
CREATE INDEX document_account_id ON document (account_id);
CREATE INDEX document_client_id ON document (client_id);
CREATE INDEX document_provider_id ON document (provider_id);
CREATE INDEX document_user_id ON document (user_id);
CREATE INDEX document_payment_id ON document (payment_id);
CREATE INDEX document_attempt_id ON document (attempt_id);
CREATE UNIQUE INDEX document_replaces_id ON document (replaces_id);
CREATE UNIQUE INDEX document_type_year_serial ON document (type, year, serial);
CREATE INDEX document_account_id_issued_at ON document (account_id, issued_at);
CREATE INDEX document_charge_document_id ON document_charge (document_id);
CREATE INDEX document_charge_charge_id ON document_charge (charge_id);
CREATE INDEX document_payment_document_id ON document_payment (document_id);
CREATE INDEX document_payment_payment_id ON document_payment (payment_id);
CREATE UNIQUE INDEX sign_in_token_sha256 ON sign_in (token_sha256);
CREATE INDEX sign_in_user_id ON sign_in (user_id);
CREATE INDEX sign_in_staff_id ON sign_in (staff_id);
CREATE INDEX sign_in_failure_email_sha256 ON sign_in_failure (email_sha256);
CREATE UNIQUE INDEX task_key ON task ("key");
CREATE INDEX task_account_id ON task (account_id);
CREATE INDEX task_attempt_id ON task (attempt_id);
CREATE INDEX task_payment_id ON task (payment_id);
"""


def up(migrator: Any, db: Any) -> None:
    for sql in (TABLES + INDEXES).split(";"):
        if sql.strip():
            db.execute_sql(sql)
