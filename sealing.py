"""The lock on what a stolen file must not tell: values of columns and whole backups, sealed with AES-256-GCM.

A master key, kept outside the database, wraps data keys; a data key, kept wrapped in the table `data_key`, seals
values. Changing the master wraps the few data keys again and leaves every value as it is. A value is sealed for its
column: moved to another column it does not open. Nonces are 96 random bits (NIST SP 800-38D, 8.2.2).
"""

import base64
import binascii
import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16
CHUNK_BYTES = 1 << 20
SEALED, WRAPPED = "s1", "w1"  # the first word of what is kept, so that another way may follow


class SealError(Exception):
    """Something sealed does not open, or no key is there to seal with; the message names the place, never the value."""


# What `Keyring.rows` asks: 5 µs for each value that is sealed, where rows of the model would take 140.
KEY_ROWS = "SELECT id, wrapped, retired_at FROM data_key ORDER BY made_at, id"


class DataKeyRow(NamedTuple):
    """A data key as it lies in the database; a retired one opens what it sealed, and seals no more."""

    id: str
    wrapped: str
    retired_at: str | None


class Keyring:
    """The data keys of one process, each opened when first needed.

    `masters` gives the master keys, the current one first; `rows` the wrapped data keys, oldest first, and should cost
    little. `rows` is asked whenever something is sealed, and when a value names a key not seen before; `masters` when a
    key is to be opened. So keys changed by another process need no restart.
    """

    def __init__(self) -> None:
        self.masters: Callable[[], Sequence[bytes]] = tuple
        self.rows: Callable[[], Iterable[DataKeyRow]] = tuple
        self._opened: dict[str, AESGCM] = {}

    def unlock(self, masters: Callable[[], Sequence[bytes]]) -> None:
        """Work with these master keys, on the database that `rows` now reads."""
        self.masters = masters

    def forget(self) -> None:
        """Open each data key anew: whoever verifies a database must not rely on keys opened before."""
        self._opened = {}

    def master(self) -> bytes:
        """The current master key. Raises SealError when there is none."""
        for master in self.masters():
            return master
        raise SealError("There is no master key: DATA_KEYS and DATA_KEY_FILE are empty.")

    def load(self) -> str:
        """Open every data key; returns the id of the one that seals now, the newest that is not retired.

        Raises:
            SealError: no data key is there, or one is wrapped with a master key we do not have.
        """
        rows = list(self.rows())
        for row in rows:
            if row.id not in self._opened:
                self._opened[row.id] = AESGCM(unwrap(row.wrapped, row.id, self.masters()))
        standing = [row.id for row in rows if row.retired_at is None]
        if not standing:
            raise SealError("This database has no data key. Run: flask --app app migrate")
        return standing[-1]

    def seal(self, plain: bytes, where: str) -> tuple[str, bytes]:
        """The id of the data key, and the nonce with the sealed bytes. Raises SealError as `load` does."""
        id, nonce = self.load(), os.urandom(NONCE_BYTES)
        return id, nonce + self._opened[id].encrypt(nonce, plain, where.encode())

    def open(self, id: str, sealed: bytes, where: str) -> bytes:
        if id not in self._opened:
            self.load()
        if id not in self._opened:
            raise SealError(f"{where} is sealed with data key {id!r}, which this database does not have.")
        try:
            return self._opened[id].decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], where.encode())
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise SealError(f"{where} was changed, or was sealed for another place: it does not open.") from None


ring = Keyring()


def seal_text(plain: str, where: str) -> str:
    """ "s1:<data key>:<base64>"; `where` is "table.column"."""
    id, sealed = ring.seal(plain.encode(), where)
    return f"{SEALED}:{id}:{base64.b64encode(sealed).decode()}"


def open_text(kept: str, where: str) -> str:
    """Raises SealError for what is not sealed, was changed, or was sealed for another place."""
    id, body = _parts(kept.encode(), where)
    try:
        return ring.open(id, base64.b64decode(body, validate=True), where).decode()
    except binascii.Error:
        raise SealError(f"{where} was changed: it does not open.") from None


def seal_bytes(plain: bytes, where: str) -> bytes:
    """As `seal_text`, with the sealed bytes as they are."""
    id, sealed = ring.seal(plain, where)
    return f"{SEALED}:{id}:".encode() + sealed


def open_bytes(kept: bytes, where: str) -> bytes:
    """Raises SealError as `open_text` does."""
    id, sealed = _parts(kept, where)
    return ring.open(id, sealed, where)


def key_of(kept: str | bytes) -> str:
    """The id of the data key that this names, or nothing for what was never sealed."""
    start = kept[:64].encode() if isinstance(kept, str) else kept[:64]
    first, _, rest = start.partition(b":")
    id, colon, _ = rest.partition(b":")
    return id.decode("latin-1") if first == SEALED.encode() and colon else ""


def _parts(kept: bytes, where: str) -> tuple[str, bytes]:
    """The data key's id, and what it sealed."""
    id = key_of(kept)
    if not id:
        raise SealError(f"{where} holds something that was never sealed.")
    return id, kept[len(SEALED) + len(id) + 2 :]


# --- Keys ------------------------------------------------------------------------------------------------------------


def fingerprint(master: bytes) -> str:
    """Names a master key without telling it."""
    return hashlib.sha256(b"evenly master key" + master).hexdigest()[:16]


def new_data_key(master: bytes) -> tuple[str, str]:
    """The id of a new data key, and the key wrapped with `master`."""
    id = secrets.token_hex(6)
    return id, wrap(os.urandom(KEY_BYTES), id, master)


def wrap(key: bytes, id: str, master: bytes) -> str:
    nonce = os.urandom(NONCE_BYTES)
    wrapped = nonce + AESGCM(master).encrypt(nonce, key, id.encode())
    return f"{WRAPPED}:{fingerprint(master)}:{base64.b64encode(wrapped).decode()}"


def unwrap(wrapped: str, id: str, masters: Sequence[bytes]) -> bytes:
    """Raises SealError when none of the master keys is the one, or the wrapped key was changed."""
    try:
        _, named, body = wrapped.split(":")
        sealed = base64.b64decode(body, validate=True)
        return AESGCM(master_named(named, masters)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], id.encode())
    except (InvalidTag, ValueError):
        raise SealError(f"Data key {id} was changed: it does not open.") from None


def master_named(named: str, masters: Sequence[bytes]) -> bytes:
    """Raises SealError when none of the master keys has this fingerprint."""
    for master in masters:
        if fingerprint(master) == named:
            return master
    raise SealError(f"This was sealed under master key {named}, which is not among DATA_KEYS or in DATA_KEY_FILE.")


# --- Files -----------------------------------------------------------------------------------------------------------
# Each file has a key of its own, so its nonces may count: chunk number, and whether it is the last. A chunk that is
# moved, repeated or missing does not open (the STREAM construction: https://eprint.iacr.org/2015/189).


def seal_chunks(plain: BinaryIO, header: bytes, master: bytes, salt: bytes) -> Iterator[bytes]:
    """The file in sealed chunks, each bound to its place and to `header`."""
    key, number, chunk = _file_key(master, salt), 0, plain.read(CHUNK_BYTES)
    while True:
        following = plain.read(CHUNK_BYTES)
        yield key.encrypt(_nonce(number, last=not following), chunk, header)
        if not following:
            return
        number, chunk = number + 1, following


def open_chunks(sealed: BinaryIO, header: bytes, master: bytes, salt: bytes) -> Iterator[bytes]:
    """The plain chunks. Raises SealError for a file that was cut, changed or put together from others."""
    size = CHUNK_BYTES + TAG_BYTES
    key, number, chunk = _file_key(master, salt), 0, sealed.read(size)
    while True:
        following = sealed.read(size)
        try:
            yield key.decrypt(_nonce(number, last=not following), chunk, header)
        except InvalidTag:
            raise SealError("The file was cut or changed: it does not open.") from None
        if not following:
            return
        number, chunk = number + 1, following


def _file_key(master: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), KEY_BYTES, salt, b"evenly backup 1").derive(master))


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(NONCE_BYTES - 1, "big") + bytes([last])
