"""Keys are changed under a portal in use: nothing stops, everything stays readable, the old key may go."""

import base64
import threading
import time

import pytest

import sealing
from config import DEMO_DATA_KEY
from custody import rotation
from custody.columns import changeable, unopened
from fields import SealedText
from models import AuditEntry, Charge, Client, DataKey, Document, Hold, Payment, db
from sealing import SealError, ring
from tests import builders as the
from tests.custody.test_columns import kept
from tests.custody.test_raw_file import opened

NEW = base64.b64encode(bytes(32)).decode()
AGE = the.NOW


def wrapped():
    return {row.id: row.wrapped for row in DataKey.select()}


def test_a_new_master_key_wraps_the_data_keys_and_changes_no_value(run, key_file):
    before, plain, value = wrapped(), opened(), kept(Client.get(), "line1")
    key_file.write_text(f"{NEW}\n{DEMO_DATA_KEY}\n")

    result = run("rotate-keys")

    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"1 data keys are wrapped with master key {sealing.fingerprint(bytes(32))}.")
    assert [name.split(":")[1] for name in wrapped().values()] == [sealing.fingerprint(bytes(32))]
    assert set(wrapped()) == set(before)
    assert set(wrapped().values()).isdisjoint(before.values())
    key_file.write_text(NEW)  # the old one may go
    ring.forget()  # as a process that begins
    assert (opened(), kept(Client.get(), "line1")) == (plain, value)
    assert AuditEntry.select().where(AuditEntry.what == "keys.rotate").count() == 1


def test_without_the_old_master_key_nothing_changes(run, key_file):
    before = wrapped()
    key_file.write_text(NEW)

    result = run("rotate-keys", "--data")

    assert result.exit_code == 1
    assert "which is not among DATA_KEYS or in DATA_KEY_FILE" in result.output
    assert wrapped() == before
    key_file.write_text(f"{NEW} oops")
    assert "DATA_KEY_FILE holds something that is not 32 bytes" in run("rotate-keys").output


def test_a_new_data_key_seals_what_may_change_while_somebody_works(run, monkeypatch):
    monkeypatch.setattr(rotation, "AT_ONCE", 20)
    [old] = wrapped()
    plain, paper = opened(), kept(Document.get(), "data")
    notes, stop = [], threading.Event()

    def work():
        account = Hold.get().account
        while not stop.is_set():
            notes.append(f"Note {len(notes)}")
            with db.atomic():
                Hold.create(kind="review", account=account, reason=notes[-1], began_at=AGE, ended_at=AGE)
                the.a_payment(account, "1.00", note=notes[-1])
            time.sleep(0.01)  # people pause; a loop without one keeps the lock to itself
        db.close()

    worker = threading.Thread(target=work)
    worker.start()
    while not notes:
        time.sleep(0.001)
    before = len(notes)
    result = run("rotate-keys", "--data")
    during = len(notes) - before
    stop.set()
    worker.join()

    assert result.exit_code == 0, result.output
    assert "rows were sealed again with it." in result.output
    assert during
    [new] = set(wrapped()) - {old}
    assert DataKey.get_by_id(old).retired_at is not None
    assert sealing.key_of(kept(Client.get(), "line1")) == sealing.key_of(kept(Charge.get(), "dx")) == new
    assert kept(Document.get(), "data") == paper  # frozen: it keeps its own key
    assert {row.reason for row in Hold.select()} >= set(notes)
    assert {row.note for row in Payment.select()} >= set(notes)
    assert list(unopened()) == []
    assert set(plain.splitlines()) <= set(opened().splitlines()) | {line for line in plain.splitlines() if b"{" in line}
    assert rotation.reseal(new) == 0


def test_a_server_that_knew_only_the_old_keys_reads_what_the_new_ones_sealed(run, key_file):
    """The command runs in another process; this one reads a row it sealed, and seals with its key from then on."""
    server = sealing.Keyring()
    server.rows, server.masters = ring.rows, ring.masters
    id, value = server.seal(b"before", "hold.reason")
    key_file.write_text(f"{NEW}\n{DEMO_DATA_KEY}\n")
    run("rotate-keys", "--data")
    sealed = kept(Client.select().order_by(Client.id).first(), "line1")
    key_file.write_text(NEW)

    body = base64.b64decode(sealed.split(":")[2])
    assert server.open(sealing.key_of(sealed), body, "client.line1").decode() == "1 Example St"
    assert server.open(id, value, "hold.reason") == b"before"
    assert server.seal(b"after", "hold.reason")[0] == sealing.key_of(sealed)


def test_a_running_server_seals_with_the_new_key_at_once(demo):
    """Though it has met nothing that the new one sealed."""
    server = sealing.Keyring()
    server.rows, server.masters = ring.rows, ring.masters
    old, _ = server.seal(b"before", "hold.reason")

    new = rotation.renew(AGE)

    assert DataKey.get_by_id(old).retired_at
    assert server.seal(b"after", "hold.reason")[0] == new != old


def test_what_was_read_before_and_written_back_after_is_sealed_again(demo):
    client, early = Client.get(), kept(Client.get(), "line1")
    # Secrets of code apps come after clients.
    back = f"UPDATE client SET line1 = '{early}' WHERE id = {client.id}"
    db.execute_sql(f"CREATE TEMP TRIGGER slow AFTER UPDATE ON totp BEGIN {back}; END")

    id = rotation.renew(AGE)
    rotation.reseal(id)

    assert sealing.key_of(kept(client, "line1")) == id


def test_what_may_change_is_all_that_no_trigger_guards():
    names = {f"{model._meta.table_name}.{field.name}" for model, fields in changeable().items() for field in fields}

    assert {"client.line1", "charge.dx", "attempt.note", "totp.secret", "money_back.reason"} <= names
    assert names.isdisjoint({"payment.note", "entry.reason", "document.data", "document.pdf"})
    assert all(isinstance(field, SealedText) for fields in changeable().values() for field in fields)


def test_a_value_that_does_not_open_is_named(demo):
    db.execute_sql("UPDATE client SET line2 = 'plain words' WHERE id = 1")

    assert list(unopened()) == ["Row 1: client.line2 holds something that was never sealed."]
    with pytest.raises(SealError):
        rotation.reseal(rotation.renew(AGE))
