"""What a thief finds in the files: names and amounts, and none of what they were treated for, born or living at."""

import json
import re
from datetime import date
from pathlib import Path

from billing import disputes_lost, moneyback, switch
from billing.stamp import Stamp
from demo.load import PRACTICE
from fields import SealedText
from identity import break_glass, links
from models import TABLES, Account, AuditEntry, BreakGlass, Client, Dispute, Document, Hold, Link, Practice, Staff, db
from tests.builders import NOW
from tests.custody.conftest import HELD, NOTE, TOTP_SECRET

GIVEN = json.loads(PRACTICE.read_text(encoding="utf-8"))


def files_of(path: Path) -> bytes:
    """The database's file and the journals beside it, one after the other."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(f"{path.name}*")))


def spellings(day: date) -> set[str]:
    return {
        f"{day:%Y-%m-%d}", f"{day:%m/%d/%Y}", f"{day:%Y%m%d}", f"{day:%d.%m.%Y}",
        f"{day:%B} {day.day}, {day.year}", f"{day:%b} {day.day}, {day.year}",
    }  # fmt: skip


def secrets() -> set[str]:
    """Every word of the demo that must not be found."""
    clients = GIVEN["clients"]
    born = (spellings(date.fromisoformat(row["date_of_birth"])) for row in clients if row.get("date_of_birth"))
    words = {word for row in clients for word in map(row.get, ("line1", "member_id", "plan_group"))}
    words |= {word for row in GIVEN["diagnoses"] for word in (row["code"], row["text"])}
    words |= {step["note"] for step in GIVEN["story"] if step.get("note")}
    return set().union(*born, words, {NOTE, HELD, TOTP_SECRET}) - {"", None}


def found(content: bytes) -> set[str]:
    """Which of the secrets stand in these bytes, as text of one or two bytes a letter."""
    flat = content.lower()
    return {word for word in secrets() if any(word.lower().encode(way) in flat for way in ("utf-8", "utf-16-le"))}


def opened() -> bytes:
    """Everything sealed, in plain."""
    texts = [
        str(getattr(row, field.name))
        for model in TABLES
        for field in model._meta.sorted_fields
        if isinstance(field, SealedText)
        for row in model.select()
    ]
    return "\n".join(texts).encode()


def test_the_words_looked_for_are_in_the_demo_and_would_be_found(demo):
    everywhere = found(opened())

    assert len(everywhere) > 50
    for word in ("1988-03-14", "1 Example St", "DEMO000001", "F41.1", "Primary insomnia", NOTE, HELD, TOTP_SECRET):
        assert word in everywhere
    assert found("Mood: GENERALIZED ANXIETY DISORDER".encode("utf-16-le")) == {"Generalized anxiety disorder"}


def test_what_staff_write_as_their_reasons_is_neither_in_the_file_nor_in_the_log(demo):
    """Whoever opens a colleague's client, ends a link or stops payments says why, and may say too much."""
    said = {
        "glass": "Her suicide attempt on Sunday", "link": "Hit her in August", "account": "She drinks again",
        "practice": "Mara is in rehab", "lost": "Relapsed in July",
    }  # fmt: skip
    owner, dispute, account = Staff.get(role="owner"), Dispute.get(), Account.get()
    by = Stamp.of(f"staff:{owner.id}", NOW, "America/Chicago")
    jonah = Staff.create(name="Jonah", email="j@example.com", role="therapist", backup=True)
    opened = break_glass.open_client(jonah, Client.get().key, said["glass"], NOW)
    link = Link.get(Link.ended_at.is_null())
    links.end(link, owner, NOW, reason=said["link"])
    switch.set_account_payments(account, off=True, reason=said["account"], stamp=by)
    switch.turn_off(said["practice"], "", by)
    moneyback.lose_chargeback(dispute, by)
    disputes_lost.ask_again(dispute, said["lost"], by)

    content = files_of(demo)

    assert [text for text in said.values() if text.encode() in content] == []
    held = Hold.get(Hold.dispute == dispute)
    assert (BreakGlass.get_by_id(opened.id).reason, Link.get_by_id(link.id).ended_because) == (
        said["glass"],
        said["link"],
    )
    assert switch.account_reason(Account.get_by_id(account.id)) == said["account"]
    assert (Practice.the().payments_off_reason, held.reason) == (said["practice"], said["lost"])
    assert {row.what for row in AuditEntry.select()} >= {"glass.open", "link.ended", "payments.off", "dispute.ask"}


def test_none_of_them_is_in_the_file_or_the_journals_beside_it(demo):
    Document.update(pdf=b"%PDF-1.7 F41.1").where(Document.type == "superbill").execute()
    db.execute_sql("UPDATE user SET language = 'en'")
    assert len(list(demo.parent.glob("evenly.sqlite*"))) == 3  # with its WAL and SHM

    content = files_of(demo)

    assert found(content) == set()
    assert b"%PDF" not in content
    assert re.search(rb"Delgado-Demo", content)  # names are not sealed: the full disk encryption is for those
