"""`./evenly soak --payments N --seed N`: pay while everything breaks, then count. Exit code 1 when a count is wrong."""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from tests.soak.run import HONEST, Outcome, Plan, Soak


def main() -> int:
    words = argparse.ArgumentParser(prog="./evenly soak", description=__doc__)
    words.add_argument("--payments", type=int, default=1000, help="how many payments are asked for (1000)")
    words.add_argument(
        "--seed", type=int, default=1, help="what the choices of clients, staff and chaos follow from (1)"
    )
    words.add_argument("--threads", type=int, default=4, help="how many clients pay at the same time (4)")
    words.add_argument("--kill-every", type=float, default=20, help="seconds between two kills, on average (20)")
    words.add_argument("--adapter", default=HONEST, help="what the portal talks to the processor with, module:Class")
    words.add_argument("--keep", type=Path, help="a folder for the databases and logs, which are otherwise deleted")
    given = words.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # the portal and the processor must not outlive us
    plan = Plan(given.payments, given.seed, given.threads, given.kill_every, given.adapter)
    if given.keep:
        given.keep.mkdir(parents=True)
        return told(Soak(plan, given.keep).run())
    with tempfile.TemporaryDirectory() as folder:
        return told(Soak(plan, Path(folder)).run())


def told(outcome: Outcome) -> int:
    """Print the table, and each sentence about what is wrong; the exit code."""
    for what, value in outcome.table():
        print(f"{what:42} {value}")
    for sentence in [*outcome.failures, *outcome.reckoning.sentences]:
        print(sentence)
    return 0 if outcome.is_proof else 1


if __name__ == "__main__":
    sys.exit(main())
