"""Accessibility of a page as it stands on the screen: axe-core, and what axe does not look at."""

from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import BrowserContext, Page

# WCAG 2.2 A and AA, with the targets of 24 pixels (2.5.8), and axe's own good practice.
_ALL = {
    "type": "tag",
    "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
}
# What longer words can change.
_ROOM = {"type": "rule", "values": ["target-size", "scrollable-region-focusable", "html-has-lang"]}
NARROW, WIDE = 360, 1440


class Sight(NamedTuple):
    """How somebody looks at a page, and what axe looks for in that."""

    width: int
    theme: str
    rules: dict[str, object]


# Both widths and both themes. No colour depends on the width, and Russian differs in the length
# of its words, so these are enough.
SIGHTS = {
    "en": [Sight(WIDE, "light", _ALL), Sight(NARROW, "dark", _ALL)],
    "ru": [Sight(NARROW, "light", _ROOM)],
}
# A single character in too pale a colour is "incomplete" to axe; to its reader it is too pale.
_RUN = """async runOnly => {
  scrollTo(0, 0);  // a target that the bar covers halfway is small to axe
  const resultTypes = ["violations", "incomplete"];
  const iframes = false;  // in them nothing runs, and what stands there is a stranger's
  const { violations, incomplete } = await axe.run(document, { runOnly, resultTypes, iframes });
  const isPale = data => data?.contrastRatio
    && data.contrastRatio < parseFloat(data.expectedContrastRatio);
  const pale = incomplete.map(rule => ({
    ...rule, nodes: rule.nodes.filter(node => node.any.some(({ data }) => isPale(data))) }));
  return [...violations, ...pale.filter(rule => rule.nodes.length)].map(({ id, help, nodes }) =>
    `${id}: ${help}: ${nodes.map(node => node.html).join(" ").slice(0, 600)}`);
}"""
# What sticks out to the right. A box that scrolls by itself is in order.
_SIDEWAYS = """() => {
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  const out = [...document.body.querySelectorAll("*")]
    .filter(e => e.getBoundingClientRect().right > clientWidth + 1)
    .map(e => e.outerHTML.slice(0, 120));
  return [`scrolls sideways: ${scrollWidth} > ${clientWidth}: ${out.slice(-2).join(" ")}`];
}"""
# Each question costs a way there and back.
_RUN_AND_SIDEWAYS = f"async rules => [...await ({_RUN})(rules), ...({_SIDEWAYS})()]"
# Whatever takes the focus shows it (2.4.7), with a line of two pixels, and is not covered (2.4.11).
_FOCUS = """() => {
  const lined = (element, part) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element, part);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
  };
  const all = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  return [...document.querySelectorAll(all)].flatMap(element => {
    element.focus();
    if (document.activeElement !== element || element.tabIndex < 0) return [];
    const label = element.closest("label") ?? element;
    const tag = element.cloneNode(false).outerHTML;
    if (![[element], [element, "::after"], [label]].some(place => lined(...place)))
      return [`focus does not show: ${tag}`];
    const { left, top, width, height } = label.getBoundingClientRect();
    const hit = document.elementFromPoint(left + width / 2, top + height / 2);
    return label.contains(hit) || hit?.contains(label) ? []
      : [`focused but covered: ${tag} by ${hit?.outerHTML.slice(0, 120)}`];
  });
}"""


def bring(context: BrowserContext) -> None:
    """Have axe on every page from now on: sent once, which takes longer than to read it."""
    context.add_init_script(path=Path(__file__).parent / "vendor" / "axe.min.js")


def faults(page: Page, name: str, sights: list[Sight]) -> list[str]:
    """What is wrong with the page, which is light, in each of the sights."""
    found = []
    page.wait_for_load_state()
    assert page.viewport_size is not None
    now = usual = (page.viewport_size["width"], "light")
    for width, theme, rules in sights:
        now = _look(page, now, (width, theme))
        seen = page.evaluate(_RUN_AND_SIDEWAYS, rules)
        page.keyboard.press("Tab")  # from now on the browser shows where the focus is
        seen += page.evaluate(_FOCUS)
        found += [f"{name}, {width} px, {theme}: {fault}" for fault in seen]
    _look(page, now, usual)
    return found


def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    found: list[str] = page.evaluate(_RUN, _ALL)
    return found


def _look(page: Page, before: tuple[int, str], now: tuple[int, str]) -> tuple[int, str]:
    if now[0] != before[0]:
        page.set_viewport_size({"width": now[0], "height": 900})
    if now[1] != before[1]:
        page.emulate_media(color_scheme=now[1])
    return now
