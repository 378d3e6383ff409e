"""Contrast of the tokens in both schemes, computed from the stylesheet (WCAG 2.2, 1.4.3 and 1.4.11)."""

import re
from pathlib import Path

import pytest

SHEET = Path(__file__).parents[2] / "static" / "evenly.css"
LIGHT, DARK = re.findall(r":root \{(.*?)\}", SHEET.read_text(encoding="utf-8"), re.DOTALL)[:2]
SCHEMES = {
    "light": dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", LIGHT)),
    "dark": dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", DARK)),
}

GROUNDS = ("paper", "surface", "sunk", "brand-soft", "good-soft", "warn-soft", "bad-soft")
TEXT = [(ink, ground) for ink in ("ink", "ink-soft") for ground in GROUNDS] + [
    ("brand-ink", "brand"),
    ("brand-ink", "brand-press"),
    *[("brand", ground) for ground in ("paper", "surface", "sunk", "brand-soft")],
    *[(state, ground) for state in ("good", "warn", "bad") for ground in ("paper", "surface", "sunk")],
    *[(state, f"{state}-soft") for state in ("good", "warn", "bad")],
]
CONTROLS = [("line-strong", ground) for ground in ("paper", "surface")] + [
    ("focus", ground) for ground in ("paper", "surface", "sunk", "brand-soft")
]


def brightness(colour):
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    lighter, darker = sorted((brightness(one), brightness(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_both_schemes_name_the_same_colours():
    assert SCHEMES["light"].keys() == SCHEMES["dark"].keys()


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("ink", "ground"), TEXT)
def test_text_can_be_read(scheme, ink, ground):
    colours = SCHEMES[scheme]
    assert contrast(colours[ink], colours[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("edge", "ground"), CONTROLS)
def test_controls_and_the_focus_ring_stand_out(scheme, edge, ground):
    colours = SCHEMES[scheme]
    assert contrast(colours[edge], colours[ground]) >= 3
