"""Several files as one ZIP file. It holds what must not lie about on a disk, so it is made in memory."""

import io
import zipfile
from collections.abc import Iterable
from datetime import datetime


def archive(files: Iterable[tuple[str, bytes]], at: datetime) -> bytes:
    """`files` are name and content, in order; all are dated `at`."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, data in files:
            zipped.writestr(zipfile.ZipInfo(name, at.timetuple()[:6]), data, zipfile.ZIP_DEFLATED)
    return made.getvalue()
