"""The cards of the sandbox's own card page: one for each thing that can happen.

Their behaviour is tied to the card, not to the amount, so any real amount shows any outcome.
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox import cards
from sandbox.store import Doc


@dataclass(frozen=True)
class TestCard:
    """`tag` is read by `judge`; "silent" takes the money and never answers."""

    key: str
    en: str
    es: str
    brand: str
    bin8: str
    last4: str
    tag: str = ""
    flags: dict[str, str] = field(default_factory=dict)
    expiry: tuple[str, str] = ("12", "2030")

    def kept(self) -> Doc:
        described: Doc = cards.described(self.brand, self.bin8, self.last4, self.expiry, **self.flags)
        return described | {"tag": self.tag, "fingerprint": f"test-card-{self.key}"}

    def shown(self, language: str) -> dict[str, Any]:
        return {"key": self.key, "text": self.es if language == "es" else self.en, "last4": self.last4}


HSA = {"healthcare": "Yes", "prepaid": "Yes"}
TEST_CARDS = {
    card.key: card
    for card in (
        TestCard("visa", "Approved Visa", "Visa aprobada", "Visa", "41111111", "1111"),
        TestCard("mastercard", "Approved Mastercard", "Mastercard aprobada", "MasterCard", "55555555", "4444"),
        TestCard("hsa", "HSA card", "Tarjeta HSA", "Visa", "41111115", "1010", flags=HSA),
        TestCard("funds", "Not enough money", "Fondos insuficientes", "Visa", "40001111", "2001", "decline:2001"),
        TestCard("zip", "Wrong ZIP", "Código postal incorrecto", "Visa", "40001111", "2059", "reject:avs"),
        TestCard(
            "cvv", "Wrong security code", "Código de seguridad incorrecto", "Visa", "40001111", "2010", "reject:cvv"
        ),
        TestCard("expired", "Expired card", "Tarjeta vencida", "Visa", "40001111", "2004", "decline:2004"),
        TestCard("no", "Bank said no", "El banco dijo que no", "MasterCard", "51051051", "2000", "decline:2000"),
        TestCard(
            "type", "Kind of card not taken", "Tipo de tarjeta no aceptado", "Visa", "40001111", "2019", "decline:2019"
        ),
        TestCard("refused", "Card refused here", "Tarjeta rechazada aquí", "Visa", "40001111", "1511", "reject:fraud"),
        TestCard("down", "Network not answering", "La red no responde", "JCB", "35660020", "3000", "decline:3000"),
        TestCard("disputed", "Disputed by the bank", "Disputada por el banco", "Visa", "40238984", "8028", "dispute"),
        TestCard("silent", "No answer", "Sin respuesta", "Visa", "40001111", "0408", "silent"),
    )
}
