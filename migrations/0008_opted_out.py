"""A clinician may have opted out of Medicare; their clients with Medicare then get superbills that say so."""

from typing import Any

from migrations.rebuild import drop_triggers, rebuild, without_foreign_keys

atomic = False

PROVIDER = """
CREATE TABLE provider (
    id INTEGER NOT NULL PRIMARY KEY, "key" TEXT NOT NULL, name TEXT NOT NULL, credentials TEXT NOT NULL,
    license_type TEXT NOT NULL, license_number TEXT NOT NULL, license_state TEXT NOT NULL, npi TEXT NOT NULL,
    taxonomy TEXT NOT NULL, medicare_opted_out_on DATE, supervisor_id INTEGER,
    FOREIGN KEY (supervisor_id) REFERENCES provider (id) ON DELETE RESTRICT
)
"""


def up(migrator: Any, db: Any) -> None:
    with without_foreign_keys(db):
        drop_triggers(db)
        rebuild(db, "provider", PROVIDER, {"medicare_opted_out_on": "NULL"})
        db.execute_sql('CREATE UNIQUE INDEX provider_key ON provider ("key")')
        db.execute_sql("CREATE INDEX provider_supervisor_id ON provider (supervisor_id)")
