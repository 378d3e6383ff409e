"""What a process that died left beside the database or among the backups, taken away by the next one.

Whoever makes such a file or folder holds it before anything is put into it, and the system lets go for the dead. So
what has content and is not held belongs to nobody.
"""

import fcntl
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

log = logging.getLogger("evenly.custody")

SNAPSHOT, SCRATCH = ".evenly-snapshot-", ".evenly-restore-"
PATTERNS = (f"{SNAPSHOT}????????", f"{SCRATCH}????????", ".evenly-*.backup.*")
BEGUN = 3600  # seconds: what is still empty after an hour was not just begun


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder of this process's own inside `folder`, gone afterwards."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=SCRATCH) as name:
        fd = os.open(name, os.O_RDONLY)
        try:
            hold(fd)
            yield Path(name)
        finally:
            os.close(fd)


def hold(fd: int) -> None:
    """Nobody sweeps it away until it is closed; a file system without locks lets nobody sweep at all."""
    with suppress(OSError):
        fcntl.flock(fd, fcntl.LOCK_EX)


def sweep(*folders: Path) -> None:
    """Take away from these folders what nobody holds; what is not ours to delete stays."""
    for path in [path for folder in folders for pattern in PATTERNS for path in folder.glob(pattern)]:
        with suppress(OSError):
            _sweep(path)


def _sweep(path: Path) -> None:
    """Raises OSError, as BlockingIOError, for what somebody holds."""
    folder = path.is_dir()
    fd = os.open(path, (os.O_RDONLY if folder else os.O_RDWR) | os.O_NOFOLLOW)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        begun = os.fstat(fd)
        empty = not any(path.iterdir()) if folder else begun.st_size == 0
        if empty and time.time() - begun.st_mtime < BEGUN:
            return  # its owner may be about to hold it
        shutil.rmtree(path) if folder else path.unlink()
    finally:
        os.close(fd)
    log.warning("%s was left behind by a process that died; it is gone now", path)
