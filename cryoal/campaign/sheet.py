"""A sheet of grey pictures, words and bars, in points of 1/72 inch: drawn as PNG, SVG or PDF."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from markupsafe import escape

from cryoal.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = ["FORMATS", "Bar", "Grey", "Sheet", "Words", "format_of", "save", "width_of"]

FORMATS = (".png", ".svg", ".pdf")
POINT = 72.0  # of them in an inch
WIDE = 0.58
"""Width of a letter over the size of its font, on the generous side; only room depends on it."""


@dataclass(frozen=True)
class Grey:
    """A picture, 0 black to 255 white, drawn smoothly into its rectangle."""

    x: float
    y: float
    width: float
    height: float
    values: NDArray[np.uint8]
    said: str
    """For those who do not see it."""


@dataclass(frozen=True)
class Words:
    """A line of text; `y` is its base line."""

    x: float
    y: float
    size: float
    text: str
    anchor: Literal["start", "middle", "end"] = "start"
    is_bold: bool = False


@dataclass(frozen=True)
class Bar:
    """A filled rectangle in the colour of the words."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Sheet:
    """What is drawn, on paper of one colour."""

    width: float
    height: float
    title: str
    pictures: list[Grey] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    is_dark: bool = False

    @property
    def ink(self) -> str:
        """Colour of words and bars."""
        return "#ffffff" if self.is_dark else "#000000"

    @property
    def paper(self) -> str:
        """Colour behind all."""
        return "#000000" if self.is_dark else "#ffffff"


def format_of(path: Path) -> str:
    """How `path` ends, in small letters.

    Raises
    ------
    OutputError
        Not with one of :data:`FORMATS`.
    """
    if path.suffix.lower() not in FORMATS:
        raise OutputError(
            f"expected a name that ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}, found {path}"
        )
    return path.suffix.lower()


def width_of(text: str, size: float) -> float:
    """Room for a line of `text`, in points."""
    return WIDE * size * len(text)


def save(sheet: Sheet, path: Path, kind: str, dpi: float) -> None:
    """Draw `sheet` to `path`; `kind` is one of :data:`FORMATS`, whatever the path is called.

    A PDF is one picture of `dpi`, as is a PNG; in an SVG words are words and bars are bars.
    """
    if kind == ".svg":
        path.write_text(_svg(sheet, dpi), encoding="utf-8")
        return
    drawn = _drawn(sheet, dpi)
    if kind == ".png":
        drawn.save(path, "PNG", dpi=(dpi, dpi))
    else:  # the finest that a JPEG inside can be: greys are at most 2 of 255 off
        drawn.save(path, "PDF", resolution=dpi, quality=100, subsampling=0, title=sheet.title)


def _drawn(sheet: Sheet, dpi: float) -> Any:
    from PIL import Image, ImageDraw

    scale = dpi / POINT
    page = Image.new("RGB", (round(sheet.width * scale), round(sheet.height * scale)), sheet.paper)
    draw = ImageDraw.Draw(page)
    for picture in sheet.pictures:
        page.paste(
            _scaled(picture, dpi).convert("RGB"),
            (round(picture.x * scale), round(picture.y * scale)),
        )
    for bar in sheet.bars:
        left, top = round(bar.x * scale), round(bar.y * scale)
        size = max(1, round(bar.width * scale)), max(1, round(bar.height * scale))
        draw.rectangle((left, top, left + size[0] - 1, top + size[1] - 1), fill=sheet.ink)
    for words in sheet.words:
        font = _font(words.size * scale, words.is_bold)
        place, anchor = (words.x * scale, words.y * scale), {"start": "ls", "middle": "ms"}
        draw.text(place, words.text, sheet.ink, font, anchor.get(words.anchor, "rs"))
    return page


def _scaled(picture: Grey, dpi: float) -> Any:
    from PIL import Image

    scale = dpi / POINT
    size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    return Image.fromarray(picture.values).resize(size, Image.Resampling.BICUBIC)


def _font(size: float, is_bold: bool) -> Any:
    """DejaVu, which has most alphabets, where the machine has it; else the one in Pillow."""
    from PIL import ImageFont

    try:
        return ImageFont.truetype("DejaVuSans-Bold.ttf" if is_bold else "DejaVuSans.ttf", size)
    except OSError:
        return ImageFont.load_default(size)


def _svg(sheet: Sheet, dpi: float) -> str:
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'width="{sheet.width:g}pt" height="{sheet.height:g}pt" '
        f'viewBox="0 0 {sheet.width:g} {sheet.height:g}" role="img" '
        'font-family="DejaVu Sans, Helvetica, Arial, sans-serif">',
        f"<title>{escape(sheet.title)}</title>",
        f'<rect width="100%" height="100%" fill="{sheet.paper}"/>',
    ]
    for picture in sheet.pictures:
        file = io.BytesIO()
        _scaled(picture, dpi).save(file, "PNG")
        data = base64.b64encode(file.getvalue()).decode("ascii")
        parts.append(
            f'<image x="{picture.x:g}" y="{picture.y:g}" width="{picture.width:g}" '
            f'height="{picture.height:g}" preserveAspectRatio="none" '
            # programs of before 2018 know the first alone
            f'xlink:href="data:image/png;base64,{data}"><title>{escape(picture.said)}</title>'
            "</image>"
        )
    for bar in sheet.bars:
        parts.append(
            f'<rect x="{bar.x:g}" y="{bar.y:g}" width="{bar.width:g}" height="{bar.height:g}" '
            f'fill="{sheet.ink}"/>'
        )
    for words in sheet.words:
        bold = ' font-weight="bold"' if words.is_bold else ""
        parts.append(
            f'<text x="{words.x:g}" y="{words.y:g}" font-size="{words.size:g}" '
            f'text-anchor="{words.anchor}" fill="{sheet.ink}"{bold}>{escape(words.text)}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])
