"""The desk's own name, logo and colour, as the settings give them."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.config import ROOT
from portal.errors import ConfigError
from portal.product import (
    DARK_GROUNDS,
    LIGHT_GROUNDS,
    MAX_LOGO,
    MIN_CONTRAST,
    contrast,
    read_accent,
    read_logo,
)

PLAIN = '<svg xmlns="http://www.w3.org/2000/svg"><path fill="url(#g)" d="M0 0h1v1z"/>{}</svg>'
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def logo(folder: Path, body: bytes | str) -> str:
    path = folder / "logo"
    path.write_bytes(body.encode() if isinstance(body, str) else body)
    return read_logo(path).suffix


def themes(name: str) -> tuple[str, ...]:
    """The light and the dark value of a colour in the stylesheet, in six digits."""
    css = (ROOT / "static/css/app.css").read_text()
    found = re.search(rf"--{name}: light-dark\((#\w+), (#\w+)\)", css)
    assert found
    return tuple(v if len(v) == 7 else "#" + "".join(2 * c for c in v[1:]) for v in found.groups())


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_grounds_are_those_of_the_stylesheet() -> None:
    grounds = [themes(name) for name in ("surface", "paper", "raised", "sunken")]
    assert {light for light, _ in grounds} == set(LIGHT_GROUNDS)
    assert {dark for _, dark in grounds} == set(DARK_GROUNDS)


@given(chosen=COLOURS)
def test_any_colour_becomes_one_that_can_be_read_in_both_themes(chosen: str) -> None:
    accent = read_accent(chosen)
    texts, mutes = themes("text"), themes("muted")
    shades = (accent.light, LIGHT_GROUNDS), (accent.dark, DARK_GROUNDS)
    for (shade, grounds), text, muted in zip(shades, texts, mutes, strict=True):
        for ground in (*grounds, shade.soft, shade.on_it):
            assert contrast(shade.colour, ground) >= MIN_CONTRAST
        assert contrast(text, shade.soft) >= MIN_CONTRAST
        assert contrast(muted, shade.soft) >= 4


def test_a_colour_that_can_be_read_is_taken_as_it_is() -> None:
    assert read_accent("#7a1fa2").light.colour == "#7a1fa2"
    assert read_accent("175").chosen == "#117755"
    assert read_accent("#FFDD00").light.colour != "#ffdd00"


def test_a_logo_is_known_by_its_first_bytes(tmp_path: Path) -> None:
    assert logo(tmp_path, b"\x89PNG\r\n\x1a\n0000") == "png"
    assert logo(tmp_path, b"RIFF0000WEBPVP8 ") == "webp"
    assert logo(tmp_path, "<?xml version='1.0'?><!-- ours -->\n" + PLAIN.format("")) == "svg"
    assert logo(tmp_path, PLAIN.format('<use href="#a"/>')) == "svg"


@pytest.mark.threat("files that run")
@pytest.mark.parametrize(
    "active",
    [
        "<script>alert(1)</script>",
        "<svg:script/>",
        '<g onload="alert(1)"/>',
        "<foreignObject/>",
        '<a href="javascript:alert(1)"/>',
        '<image href="https://example.com/a.png"/>',
        "<image xlink:href='//example.com/a.png'/>",
        '<style>@import "x"</style>',
        "<g style='fill:url(https://example.com/)'/>",
    ],
)
def test_a_logo_that_runs_or_loads_something_is_refused(tmp_path: Path, active: str) -> None:
    with pytest.raises(ConfigError, match="PRODUCT_LOGO"):
        logo(tmp_path, PLAIN.format(active))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"GIF89a",
        "<html></html>",
        "<!DOCTYPE svg [<!ENTITY a 'b'>]>" + PLAIN,
        PLAIN.encode("utf-16"),
        "<?xml version='1.0' encoding='utf-7'?>" + PLAIN,
        b"\x89PNG\r\n\x1a\n" + b"0" * MAX_LOGO,
    ],
)
def test_what_is_no_picture_or_too_large_is_refused(tmp_path: Path, body: bytes | str) -> None:
    with pytest.raises(ConfigError, match="PRODUCT_LOGO") as refused:
        logo(tmp_path, body)
    assert "\n" not in str(refused.value)
