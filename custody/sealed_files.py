"""A file nobody reads without a master key: a label in plain words, then the content in sealed chunks.

The label says what it is, when it was made, which master key opens it, and the SHA-256 of the content. It is part of
what is authenticated: a changed label opens nothing.
"""

import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BufferedReader, BytesIO
from pathlib import Path
from typing import BinaryIO

import sealing
from custody import leftovers
from sealing import SealError

MAGIC = b"evenly sealed file 1\n"
LONGEST_LABEL = 1000


@dataclass(frozen=True)
class Label:
    """What stands on a sealed file."""

    kind: str  # database, balances
    made_at: str
    key: str  # fingerprint of the master key
    salt: str
    sha256: str  # of the content
    size: int

    @property
    def date(self) -> str:
        """When it was made, to the minute, for people."""
        return f"{self.made_at[:16].replace('T', ' ')} UTC"

    @property
    def header(self) -> bytes:
        return MAGIC + json.dumps(asdict(self)).encode() + b"\n"


def write(path: Path, plain: BytesIO | BufferedReader, kind: str, now: datetime, master: bytes) -> Label:
    """Seal `plain` into `path`, for this user alone; the file appears whole or not at all.

    Raises:
        OSError: `path` cannot be written.
        SealError: something is there that is not an older one of its kind.
    """
    _refuse_to_replace(path, kind)
    sha256 = hashlib.file_digest(plain, "sha256").hexdigest()
    size = plain.seek(0, os.SEEK_END)
    made_at = now.astimezone(UTC).isoformat(timespec="seconds")
    label = Label(kind, made_at, sealing.fingerprint(master), secrets.token_hex(16), sha256, size)
    plain.seek(0)
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            leftovers.hold(file.fileno())
            file.write(label.header)
            file.writelines(sealing.seal_chunks(plain, label.header, master, bytes.fromhex(label.salt)))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return label


def _refuse_to_replace(path: Path, kind: str) -> None:
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            there = _label(file, path).kind
    except SealError:
        there = ""
    if there != kind:
        raise SealError(f"{path} is there already and holds something else, which stays. Name another file.")


def read(path: Path, into: BinaryIO, kind: str, masters: Sequence[bytes]) -> Label:
    """Open `path` into `into`.

    Raises:
        SealError: not such a file, cut, changed, or sealed with a key we do not have. What was written to `into`
            by then must not be used.
    """
    with path.open("rb") as file:
        label = _label(file, path)
        if label.kind != kind:
            raise SealError(f"{path} holds {label.kind}, not {kind}.")
        sha256, size = hashlib.sha256(), 0
        for chunk in _opened(file, label, masters):
            sha256.update(chunk)
            size += into.write(chunk)
    if (sha256.hexdigest(), size) != (label.sha256, label.size):
        raise SealError(f"{path} does not hold what its label says.")
    return label


def _label(file: BinaryIO, path: Path) -> Label:
    if file.read(len(MAGIC)) == MAGIC:
        try:
            return Label(**json.loads(file.readline(LONGEST_LABEL)))
        except (ValueError, TypeError, RecursionError):  # thousands of brackets
            pass
    raise SealError(f"{path} is not a file that Evenly sealed, or its first lines were changed.")


def _opened(file: BinaryIO, label: Label, masters: Sequence[bytes]) -> Iterator[bytes]:
    try:
        salt = bytes.fromhex(label.salt)
    except (TypeError, ValueError):
        raise SealError("The file's label was changed.") from None
    return sealing.open_chunks(file, label.header, sealing.master_named(label.key, masters), salt)
