"""Text messages: the port a vendor would be connected to. None is, so no page, choice or second step speaks of texts.

A vendor needs an agreement as a business associate, a number that was verified first, a choice of its own for each
person, and STOP heard at once (47 CFR 64.1200); none of that is built before there is one.
"""

from typing import Protocol


class Texts(Protocol):
    """What a vendor would have to do."""

    def send(self, to: str, text: str) -> None:
        """`to` in E.164, as +13125550100; `text` as neutral as an email."""


VENDORS: dict[str, type[Texts]] = {}
