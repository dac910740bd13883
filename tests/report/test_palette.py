from __future__ import annotations

import itertools

import pytest

from labelwise.report.palette import DASHES, PALETTES, SHAPES, head_ink, ink, painted

# Viénot, Brettel and Mollon 1999: what a colour in linear RGB looks like to dichromats.
SEEN_BY = {
    "protanopia": ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0)),
    "deuteranopia": ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0)),
}


def linear(colour: str) -> tuple[float, ...]:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)


def contrast(a: str, b: str) -> float:
    light = sorted(0.2126 * r + 0.7152 * g + 0.0722 * b for r, g, b in (linear(a), linear(b)))
    return (light[1] + 0.05) / (light[0] + 0.05)


def distance(a: str, b: str, seen: tuple) -> float:
    """Euclidean distance of the perceived colours in gamma-encoded RGB, 0 to 441."""

    def look(colour: str) -> list[float]:
        rgb = [sum(w * c for w, c in zip(row, linear(colour), strict=True)) for row in seen]
        return [255 * max(c, 0) ** (1 / 2.2) for c in rgb]

    return sum((p - q) ** 2 for p, q in zip(look(a), look(b), strict=True)) ** 0.5


@pytest.mark.parametrize("theme", PALETTES)
def test_text_and_heads_stand_out_from_the_paper(theme):
    colours = PALETTES[theme]
    for name in ("ink", "quiet", "link", "alarm"):
        assert contrast(colours[name], colours["paper"]) >= 4.5, name
    for name in (
        "head0",
        "head1",
        "head2",
        "head3",
        "head4",
        "head5",
        "strict",
        "labelwise",
        "wrongline",
        "severalline",
        "noneline",
    ):
        assert contrast(colours[name], colours["paper"]) >= 3, name
    for area in ("right", "none", "several", "wrong"):
        assert contrast(colours["strict"], colours[area]) >= 3, area


@pytest.mark.parametrize("theme", PALETTES)
@pytest.mark.parametrize("sight", SEEN_BY)
def test_the_first_four_heads_differ_for_the_colour_blind(theme, sight):
    colours = [PALETTES[theme][f"head{i}"] for i in range(4)]
    for a, b in itertools.combinations(colours, 2):
        assert distance(a, b, SEEN_BY[sight]) > 30, (a, b)


def test_both_themes_name_the_same_colours():
    assert set(PALETTES["light"]) == set(PALETTES["dark"])


def test_heads_differ_in_more_than_colour():
    assert len({head_ink(i) for i in range(6)}) == len(set(SHAPES)) == len(set(map(tuple, DASHES))) == 6
    assert head_ink(6) == head_ink(0)


def test_painting_leaves_no_name():
    assert painted(f"{ink('paper')} {ink('head5')}", "dark") == "#15171b #b9bec6"
    with pytest.raises(KeyError):
        painted(ink("nosuch"), "light")
