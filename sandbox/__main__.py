"""`python -m sandbox`: the sandbox alone, on GATEWAY_PORT (3000), kept in SANDBOX_DATABASE (var/sandbox.sqlite)."""

import os
import sys
from pathlib import Path

from sandbox.server import Running, refused, start


def main() -> int:
    """Serve until interrupted; 1 with a sentence when the port cannot be used."""
    try:
        running = _started()
    except (OSError, ValueError) as error:
        sys.stderr.write(f"{refused(os.environ['GATEWAY_PORT'], error)}\n")
        return 1
    sys.stdout.write(f"{running.introduction()}\n")
    sys.stdout.flush()
    running.wait()
    return 0


def _started() -> Running:
    """Raises OSError or ValueError for a port that is taken or none."""
    path = Path(os.environ.get("SANDBOX_DATABASE", "var/sandbox.sqlite"))
    return start(path, int(os.environ.setdefault("GATEWAY_PORT", "3000")))


if __name__ == "__main__":
    sys.exit(main())
