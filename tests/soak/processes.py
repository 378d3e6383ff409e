"""The two programs of a soak, each a process of its own: the processor's stand-in, and the portal that is killed."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

from sandbox import Remote

ROOT = Path(__file__).parents[2]
YEAR = "365d"  # nobody is signed out because the clock is moved
SECRET = "the secret of a soak, which signs nothing else"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen, patience: float = 60) -> None:
    """Raises RuntimeError when the program ends, or does not listen in time."""
    until = time.monotonic() + patience
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"{process.args} does not listen; its log is beside its database")


class Program:
    """A process with its log in a file."""

    def __init__(self, folder: Path, module: str, port: int, environment: dict[str, str], *words: str) -> None:
        self.log, self.port, self.process = folder / f"{module}.log", port, None
        self._words = [sys.executable, "-m", module, *words]
        self._environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}

    def launch(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self._words, cwd=ROOT, env=self._environment, stdout=log, stderr=subprocess.STDOUT
            )

    def start(self) -> None:
        self.launch()
        wait_until_open(self.port, self.process)

    def kill(self) -> None:
        """SIGKILL: no handler runs, nothing is flushed."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()


class Processor(Program):
    """The sandbox, its levers, and its clock together with the portal's."""

    def __init__(self, folder: Path) -> None:
        port, self.file, self.clock = free_port(), folder / "sandbox.sqlite", folder / "clock"
        environment = {"GATEWAY_PORT": str(port), "SANDBOX_DATABASE": str(self.file)}
        super().__init__(folder, "sandbox", port, environment)
        self.remote, self._moved = Remote(port), 0.0
        self.clock.write_text("0", encoding="ascii")

    def pass_(self, seconds: float) -> None:
        """The processor first: a sale must never look older than the attempt that asked for it."""
        self.remote.control("clock", {"advance": seconds})
        self._moved += seconds
        fresh = self.clock.with_suffix(".new")
        fresh.write_text(str(self._moved), encoding="ascii")
        fresh.replace(self.clock)


class Portal(Program):
    """The portal; `up` is set while it answers."""

    def __init__(self, folder: Path, processor: Processor, adapter: str, threads: int, seed: int) -> None:
        port, self.file = free_port(), folder / "evenly.sqlite"
        environment = {
            "MODE": "production", "DATABASE": str(self.file), "SECRET_KEY": SECRET, "PORT": str(port),
            "PUBLIC_URL": f"http://127.0.0.1:{port}", "GATEWAY_PORT": str(processor.port), "LOG_LEVEL": "WARNING",
            "THREADS": str(threads), "IDLE_TIMEOUT": YEAR, "SESSION_TIMEOUT": YEAR,
        }  # fmt: skip
        words = ("--clock", str(processor.clock), "--adapter", adapter, "--seed", str(seed))
        super().__init__(folder, "tests.soak.portal", port, environment, *words)
        self.up, self.kills = threading.Event(), 0

    def start(self) -> None:
        super().start()
        self.up.set()

    def restart(self) -> None:
        """Killed, whatever it is doing, and started again."""
        self.up.clear()
        self.kill()
        self.kills += 1
        self.start()
