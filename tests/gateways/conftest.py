"""The adapter wired to a sandbox by the real SDK."""

from tests.sandbox.fixtures import faults, gateway, sandbox_server

__all__ = ["faults", "gateway", "sandbox_server"]
