"""A ZIP file made while it is sent: no file of it is ever whole in memory, or on disk."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

Files = Iterable[tuple[str, bytes]]


class Pipe(io.RawIOBase):
    """What was written since it was last emptied."""

    def __init__(self) -> None:
        self.written: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.written.append(bytes(data))
        return len(data)

    def empty(self) -> bytes:
        data, self.written = b"".join(self.written), []
        return data


def archive(files: Files, at: datetime) -> Iterator[bytes]:
    """The file in pieces, one for each of `files` (name, bytes) and one for the end; all are dated `at`."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
            yield pipe.empty()
    yield pipe.empty()
