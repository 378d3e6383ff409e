"""Second steps, invitations and what may be done only so often; a sign-in says how far it went."""

from typing import Any

from migrations.rebuild import rebuild, without_foreign_keys

atomic = False

STAFF = """
CREATE TABLE staff (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, password_hash TEXT,
    role TEXT NOT NULL CHECK (role IN ('owner', 'therapist', 'biller', 'auditor')), provider_id INTEGER,
    backup INTEGER NOT NULL, language TEXT NOT NULL, secured_at TEXT, disabled_at TEXT,
    FOREIGN KEY (provider_id) REFERENCES provider (id) ON DELETE RESTRICT
)
"""
USER = """
CREATE TABLE user (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL,
    phone TEXT NOT NULL, password_hash TEXT, language TEXT NOT NULL, secured_at TEXT, cards_held_until TEXT,
    told_of TEXT NOT NULL, amounts_in_mail INTEGER NOT NULL, vault_id TEXT NOT NULL, disabled_at TEXT,
    anonymised_at TEXT
)
"""
SIGN_IN = """
CREATE TABLE sign_in (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, token_sha256 TEXT NOT NULL, user_id INTEGER, staff_id INTEGER,
    stage TEXT NOT NULL CHECK (stage IN ('half', 'whole')), stepped_up_at TEXT, began_at TEXT NOT NULL,
    seen_at TEXT NOT NULL, ended_at TEXT, ip TEXT NOT NULL, agent TEXT NOT NULL,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
)
"""
LINK = """
CREATE TABLE link (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, user_id INTEGER NOT NULL, account_id INTEGER NOT NULL,
    client_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('self', 'representative', 'partner', 'guarantor', 'minor')),
    rights TEXT NOT NULL, basis TEXT NOT NULL, from_on DATE NOT NULL, ended_at TEXT, ended_because TEXT NOT NULL,
    approved_by_id INTEGER,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT,
    FOREIGN KEY (approved_by_id) REFERENCES staff (id) ON DELETE RESTRICT
)
"""
NEW = """
CREATE TABLE strike (
    id INTEGER NOT NULL PRIMARY KEY, what TEXT NOT NULL, who_sha256 TEXT NOT NULL, at TEXT NOT NULL
);
CREATE TABLE passkey (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "key" TEXT NOT NULL, user_id INTEGER, staff_id INTEGER,
    credential_id TEXT NOT NULL, public_key BLOB NOT NULL, sign_count INTEGER NOT NULL, name TEXT NOT NULL,
    created_at TEXT NOT NULL, used_at TEXT, removed_at TEXT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
);
CREATE TABLE totp (
    id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER, staff_id INTEGER, secret TEXT NOT NULL,
    last_step INTEGER NOT NULL, created_at TEXT NOT NULL, confirmed_at TEXT, removed_at TEXT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
);
CREATE TABLE recovery_code (
    id INTEGER NOT NULL PRIMARY KEY, user_id INTEGER, staff_id INTEGER, code_sha256 TEXT NOT NULL,
    created_at TEXT NOT NULL, used_at TEXT, replaced_at TEXT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
);
CREATE TABLE challenge (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, purpose TEXT NOT NULL, user_id INTEGER, staff_id INTEGER,
    secret TEXT NOT NULL, facts TEXT NOT NULL, tries INTEGER NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, used_at TEXT, FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT
);
CREATE TABLE one_time_link (
    id INTEGER NOT NULL PRIMARY KEY, token_sha256 TEXT NOT NULL,
    purpose TEXT NOT NULL CHECK (purpose IN ('reset', 'reenrol', 'staff')), user_id INTEGER, staff_id INTEGER,
    made_by_id INTEGER, created_at TEXT NOT NULL, expires_at TEXT NOT NULL, used_at TEXT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES staff (id) ON DELETE RESTRICT, CHECK ((user_id IS NULL) <> (staff_id IS NULL))
);
CREATE TABLE invite (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, "key" TEXT NOT NULL, account_id INTEGER NOT NULL, client_id INTEGER,
    role TEXT NOT NULL CHECK (role IN ('self', 'representative', 'partner', 'guarantor', 'minor')),
    rights TEXT NOT NULL, basis TEXT NOT NULL, name TEXT NOT NULL, email TEXT NOT NULL, phone TEXT NOT NULL,
    language TEXT NOT NULL, token_sha256 TEXT NOT NULL, code_sha256 TEXT NOT NULL, tries INTEGER NOT NULL,
    user_id INTEGER, made_by_id INTEGER NOT NULL, created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL, locked_at TEXT, revoked_at TEXT, used_at TEXT, link_id INTEGER,
    FOREIGN KEY (account_id) REFERENCES account (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT,
    FOREIGN KEY (user_id) REFERENCES "user" (id) ON DELETE RESTRICT,
    FOREIGN KEY (made_by_id) REFERENCES staff (id) ON DELETE RESTRICT,
    FOREIGN KEY (link_id) REFERENCES link (id) ON DELETE RESTRICT
);
CREATE TABLE break_glass (
    id INTEGER NOT NULL PRIMARY KEY, staff_id INTEGER NOT NULL, client_id INTEGER NOT NULL,
    reason TEXT NOT NULL, began_at TEXT NOT NULL, ends_at TEXT NOT NULL, told_at TEXT,
    FOREIGN KEY (staff_id) REFERENCES staff (id) ON DELETE RESTRICT,
    FOREIGN KEY (client_id) REFERENCES client (id) ON DELETE RESTRICT
);
CREATE UNIQUE INDEX staff_key ON staff ("key");
CREATE UNIQUE INDEX staff_email ON staff (email);
CREATE INDEX staff_provider_id ON staff (provider_id);
CREATE UNIQUE INDEX user_key ON "user" ("key");
CREATE UNIQUE INDEX user_email ON "user" (email);
CREATE UNIQUE INDEX user_vault_id ON "user" (vault_id);
CREATE UNIQUE INDEX link_key ON link ("key");
CREATE INDEX link_user_id ON link (user_id);
CREATE INDEX link_account_id ON link (account_id);
CREATE INDEX link_client_id ON link (client_id);
CREATE INDEX link_approved_by_id ON link (approved_by_id);
CREATE INDEX link_user_id_account_id ON link (user_id, account_id);
CREATE UNIQUE INDEX sign_in_token_sha256 ON sign_in (token_sha256);
CREATE INDEX sign_in_user_id ON sign_in (user_id);
CREATE INDEX sign_in_staff_id ON sign_in (staff_id);
CREATE INDEX strike_what_who_sha256_at ON strike (what, who_sha256, at);
CREATE UNIQUE INDEX passkey_key ON passkey ("key");
CREATE INDEX passkey_user_id ON passkey (user_id);
CREATE INDEX passkey_staff_id ON passkey (staff_id);
CREATE UNIQUE INDEX passkey_credential_id ON passkey (credential_id);
CREATE INDEX totp_user_id ON totp (user_id);
CREATE INDEX totp_staff_id ON totp (staff_id);
CREATE INDEX recovery_code_user_id ON recovery_code (user_id);
CREATE INDEX recovery_code_staff_id ON recovery_code (staff_id);
CREATE UNIQUE INDEX recovery_code_code_sha256 ON recovery_code (code_sha256);
CREATE UNIQUE INDEX challenge_key ON challenge ("key");
CREATE INDEX challenge_user_id ON challenge (user_id);
CREATE INDEX challenge_staff_id ON challenge (staff_id);
CREATE UNIQUE INDEX one_time_link_token_sha256 ON one_time_link (token_sha256);
CREATE INDEX one_time_link_user_id ON one_time_link (user_id);
CREATE INDEX one_time_link_staff_id ON one_time_link (staff_id);
CREATE INDEX one_time_link_made_by_id ON one_time_link (made_by_id);
CREATE UNIQUE INDEX invite_key ON invite ("key");
CREATE INDEX invite_account_id ON invite (account_id);
CREATE INDEX invite_client_id ON invite (client_id);
CREATE UNIQUE INDEX invite_token_sha256 ON invite (token_sha256);
CREATE INDEX invite_user_id ON invite (user_id);
CREATE INDEX invite_made_by_id ON invite (made_by_id);
CREATE INDEX invite_link_id ON invite (link_id);
CREATE INDEX break_glass_staff_id ON break_glass (staff_id);
CREATE INDEX break_glass_client_id ON break_glass (client_id);
"""


def up(migrator: Any, db: Any) -> None:
    if db.table_exists("strike"):
        return  # done before, and cut off before that was written down
    with without_foreign_keys(db):
        rebuild(db, "staff", STAFF, {"backup": "0", "secured_at": "NULL"})
        rebuild(
            db,
            "user",
            USER,
            {
                "phone": "''",
                "secured_at": "NULL",
                "cards_held_until": "NULL",
                "told_of": """'["bill","due","receipt"]'""",
                "amounts_in_mail": "0",
                "anonymised_at": "NULL",
            },
        )
        rebuild(db, "link", LINK, {"key": "lower(hex(randomblob(16)))", "client_id": "NULL", "ended_because": "''"})
        rebuild(db, "sign_in", SIGN_IN, {"stage": "'whole'", "stepped_up_at": "NULL"})
        # Whoever is signed in showed a password and no second step: they come in again, by both.
        db.execute_sql("UPDATE sign_in SET ended_at = seen_at WHERE ended_at IS NULL")
        for sql in NEW.split(";"):
            if sql.strip():
                db.execute_sql(sql)
        moved = "SELECT 'password', email_sha256, at FROM sign_in_failure"
        db.execute_sql(f"INSERT INTO strike (what, who_sha256, at) {moved}")
        db.execute_sql("DROP TABLE sign_in_failure")
