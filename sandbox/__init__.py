"""A card processor on this machine that speaks Braintree's wire; used by the demo and by tests.

`sandbox.start(path)` serves from a thread. It never listens beyond loopback and never stores
a card number or a security code.
"""

from sandbox.server import Remote, Running, refused, start

__all__ = ["Remote", "Running", "refused", "start"]
