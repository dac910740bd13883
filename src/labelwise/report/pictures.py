"""Vega-Lite specs -> SVG and PNG, and the script that draws them in a browser.

Nothing is asked of the network: the data is in the spec, and the converter may load nothing else.
"""

from __future__ import annotations

import functools
import json
import re

from labelwise.errors import choose
from labelwise.report.canvas import FONT, Figure, Spec
from labelwise.report.palette import PALETTES, painted

__all__ = ["javascript", "png", "svg"]


def svg(figure: Figure, theme: str | None = "light", *, prefix: str = "") -> str:
    """A figure as SVG.

    Args:
        figure: a Vega-Lite spec, or a picture that is SVG already.
        theme: ``light`` or ``dark``; None leaves the colours as CSS variables, for a page that defines them.
        prefix: put before every id inside, where several pictures share a document.
    """
    text = figure if isinstance(figure, str) else _drawn(figure)
    text = re.sub(r'(\bid="|url\(#)', rf"\g<1>{prefix}", text)
    return text if theme is None else painted(text, choose(theme, PALETTES, what="theme"))


def png(figure: Figure, theme: str = "light", *, scale: float = 2.0) -> bytes:
    """A figure as PNG, `scale` pixels per unit."""
    import vl_convert

    choose(theme, PALETTES, what="theme")
    if isinstance(figure, str):
        paper = f'<rect width="100%" height="100%" fill="{PALETTES[theme]["paper"]}"/>'
        solid = painted(re.sub("<svg [^>]*>", lambda m: m[0] + paper, figure, count=1), theme)
        return vl_convert.svg_to_png(solid, scale=scale)
    solid = json.loads(painted(json.dumps(figure), theme)) | {"background": PALETTES[theme]["paper"]}
    return vl_convert.vegalite_to_png(solid, vl_version=_version(), scale=scale, allowed_base_urls=[])


def _drawn(spec: Spec) -> str:
    import vl_convert

    text = vl_convert.vegalite_to_svg(spec, vl_version=_version(), allowed_base_urls=[])
    numbers: dict[str, str] = {}  # the converter counts on from picture to picture: a spec is to be one picture
    text = re.sub(r"\bclip\d+", lambda m: numbers.setdefault(m[0], f"clip{len(numbers)}"), text)
    return re.sub("<[^>]+>", _slim, text).replace("<svg ", f'<svg font-family="{FONT}" ', 1)


@functools.cache
def javascript() -> str:
    """Vega, Vega-Lite and vega-embed as one script that needs nothing else (0.9 MB)."""
    import vl_convert

    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", _version())


def _version() -> str:
    import altair

    return ".".join(altair.SCHEMA_VERSION.removeprefix("v").split(".")[:2])


_SPARE = re.compile(r' (?:role="graphics-\w+"|aria-\w+="[^"]*"|opacity="1"|font-family="[^"]*")')
_DECIMALS = re.compile(r"(\.\d\d)\d+")


def _slim(tag: re.Match[str]) -> str:
    """A tag without what says nothing, lengths to a hundredth of a pixel."""
    text = tag[0]
    return _DECIMALS.sub(r"\1", _SPARE.sub("", text))
