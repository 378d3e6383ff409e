"""What a thief finds in the files: names and amounts, and none of what they were treated for, born or living at."""

import json
import re
from datetime import date
from pathlib import Path

from demo.load import PRACTICE
from fields import SealedText
from models import TABLES, Document, db
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


def test_none_of_them_is_in_the_file_or_the_journals_beside_it(demo):
    Document.update(pdf=b"%PDF-1.7 F41.1").where(Document.type == "superbill").execute()
    db.execute_sql("UPDATE user SET language = 'en'")
    assert len(list(demo.parent.glob("evenly.sqlite*"))) == 3  # with its WAL and SHM

    content = files_of(demo)

    assert found(content) == set()
    assert b"%PDF" not in content
    assert re.search(rb"Delgado-Demo", content)  # names are not sealed: the full disk encryption is for those
