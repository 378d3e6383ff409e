"""A sealed value opens in its own column with its own key, and nowhere else; everything else is a sentence."""

import base64
import io
from dataclasses import dataclass
from datetime import datetime

import pytest

import sealing
from sealing import SealError
from tests.builders import NOW

OLD, NEW = (bytes([n]) * sealing.KEY_BYTES for n in (1, 2))
WHERE = "client.line1"


@dataclass
class Row:
    id: str
    wrapped: str
    retired_at: datetime | None = None


@pytest.fixture
def ring(monkeypatch):
    """A keyring of its own with one data key, in the place of the process's."""
    ring = sealing.Keyring()
    ring.kept = [Row(*sealing.new_data_key(OLD))]
    ring.rows = lambda: ring.kept
    ring.unlock(lambda: [OLD])
    monkeypatch.setattr(sealing, "ring", ring)
    return ring


@pytest.mark.parametrize("plain", ["12 Example Ave", "", "Ñandú", "s1:not:sealed"])
def test_what_was_sealed_opens_again(ring, plain):
    kept = sealing.seal_text(plain, WHERE)

    assert plain == "" or plain not in kept
    assert sealing.open_text(kept, WHERE) == plain
    assert sealing.open_bytes(sealing.seal_bytes(plain.encode(), WHERE), WHERE) == plain.encode()


def test_the_same_text_is_never_sealed_the_same_way_twice(ring):
    assert len({sealing.seal_text("", WHERE) for _ in range(100)}) == 100


def test_a_value_moved_to_another_column_does_not_open(ring):
    with pytest.raises(SealError, match=r"client\.line2 was changed, or was sealed for another place"):
        sealing.open_text(sealing.seal_text("12 Example Ave", WHERE), "client.line2")


@pytest.mark.parametrize("at", [0, 11, 12, 20, -1])
def test_one_bit_is_enough_to_refuse(ring, at):
    first, id, body = sealing.seal_text("12 Example Ave", WHERE).split(":")
    changed = bytearray(base64.b64decode(body))
    changed[at] ^= 1

    with pytest.raises(SealError, match="does not open"):
        sealing.open_text(f"{first}:{id}:{base64.b64encode(changed).decode()}", WHERE)


@pytest.mark.parametrize("kept", ["", "12 Example Ave", "s1:abc", "s2:abc:def", "s1::def"])
def test_what_was_never_sealed_is_not_taken_for_empty(ring, kept):
    assert sealing.key_of(kept) == ""
    with pytest.raises(SealError, match=r"client\.line1 holds something that was never sealed"):
        sealing.open_text(kept, WHERE)


@pytest.mark.parametrize("body", ["", "AAAA", "no base64!", "Ä"])
def test_a_cut_or_garbled_value_is_a_sentence(ring, body):
    [row] = ring.kept
    with pytest.raises(SealError, match=r"client\.line1 was changed"):
        sealing.open_text(f"s1:{row.id}:{body}", WHERE)


def test_a_value_of_another_database_is_a_sentence(ring):
    with pytest.raises(SealError, match="data key 'abc', which this database does not have"):
        sealing.open_text("s1:abc:AAAA", WHERE)


def test_a_new_data_key_seals_and_the_retired_one_still_opens(ring):
    before = sealing.seal_text("old", WHERE)
    [first] = ring.kept
    first.retired_at = NOW
    ring.kept.append(Row(*sealing.new_data_key(OLD)))
    ring.load()

    assert sealing.key_of(sealing.seal_text("new", WHERE)) == ring.kept[1].id
    assert sealing.open_text(before, WHERE) == "old"


def test_a_key_another_process_made_is_found_when_its_first_value_is_met(ring):
    sealing.seal_text("anything", WHERE)  # this process has read its keys
    other = sealing.Keyring()
    ring.kept.append(Row(*sealing.new_data_key(NEW)))
    ring.unlock(lambda: [NEW, OLD])  # as a key file that now has one line more
    other.rows, other.masters = ring.rows, ring.masters
    id, sealed = other.seal(b"theirs", WHERE)

    assert ring.open(id, sealed, WHERE) == b"theirs"


def test_without_a_key_nothing_is_sealed(ring):
    assert ring.master() == OLD
    ring.unlock(list)
    with pytest.raises(SealError, match="There is no master key"):
        ring.master()
    ring.kept.clear()
    with pytest.raises(SealError, match=r"no data key\. Run: flask --app app migrate"):
        sealing.seal_text("anything", WHERE)


def test_a_data_key_opens_with_its_master_key_alone(ring):
    [row] = ring.kept

    with pytest.raises(SealError, match=f"master key {sealing.fingerprint(OLD)}, which is not among DATA_KEYS"):
        sealing.unwrap(row.wrapped, row.id, [NEW])
    with pytest.raises(SealError, match="Data key other was changed"):
        sealing.unwrap(row.wrapped, "other", [OLD])
    with pytest.raises(SealError, match="was changed: it does not open"):
        sealing.unwrap(row.wrapped[:-1], row.id, [OLD])
    assert sealing.unwrap(row.wrapped, row.id, [NEW, OLD])
    assert base64.b64encode(OLD).decode() not in row.wrapped


CHUNK, SALT, HEADER = sealing.CHUNK_BYTES, b"salt", b"header"


def sealed_file(plain: bytes) -> bytes:
    return b"".join(sealing.seal_chunks(io.BytesIO(plain), HEADER, OLD, SALT))


def opened_file(sealed: bytes, header=HEADER, master=OLD, salt=SALT) -> bytes:
    return b"".join(sealing.open_chunks(io.BytesIO(sealed), header, master, salt))


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, 2 * CHUNK])
def test_a_file_of_any_length_opens_again(size):
    plain = bytes(size)

    assert opened_file(sealed_file(plain)) == plain


def test_a_file_that_was_cut_changed_or_put_together_otherwise_does_not_open():
    step = CHUNK + sealing.TAG_BYTES
    sealed = sealed_file(b"a" * CHUNK + b"b" * CHUNK + b"c")
    first, second, last = sealed[:step], sealed[step : 2 * step], sealed[2 * step :]
    flipped = sealed[:step] + bytes([sealed[step] ^ 1]) + sealed[step + 1 :]

    for broken in (b"", first, first + second, second + first + last, first + last, first + first + second + last,
                   sealed[:-1], sealed + b"x", flipped):  # fmt: skip
        with pytest.raises(SealError, match="The file was cut or changed"):
            opened_file(broken)
    for other in ({"header": b"other"}, {"master": NEW}, {"salt": b"other"}):
        with pytest.raises(SealError):
            opened_file(sealed, **other)
