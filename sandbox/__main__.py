"""`python -m sandbox`: the sandbox alone, on GATEWAY_PORT (3000), kept in SANDBOX_DATABASE (var/sandbox.sqlite)."""

import os
import sys
from pathlib import Path

from sandbox.server import start


def main() -> int:
    """Serve until interrupted; 1 with a sentence when the port is taken."""
    port, path = (
        int(os.environ.get("GATEWAY_PORT", "3000")),
        Path(os.environ.get("SANDBOX_DATABASE", "var/sandbox.sqlite")),
    )
    try:
        running = start(path, port)
    except OSError as error:
        sys.stderr.write(f"Port {port} cannot be used: {error.strerror}. Set GATEWAY_PORT to another one.\n")
        return 1
    sys.stdout.write(f"Card sandbox at {running.url}, kept in {path}.\n")
    sys.stdout.write(f"Test cards: {running.url}/sandbox/card?origin={running.url}\n")
    try:
        running.wait()
    except KeyboardInterrupt:
        running.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
