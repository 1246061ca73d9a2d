"""A strict HTML parser for tests, and rules that every page has to keep."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from html.parser import HTMLParser

_VOID = frozenset(
    "area base br col embed hr img input link meta source track wbr".split()  # noqa: SIM905
)
_UNLABELLED = frozenset({"hidden", "submit", "button", "reset", "image"})
_REFERENCES = ("aria-controls", "aria-describedby", "aria-labelledby", "for", "form", "list")


@dataclass(eq=False)
class Node:
    """An element. `children` holds elements and texts in order; once parsed, nothing changes."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node | str"] = field(default_factory=list)
    parent: "Node | None" = None

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def get(self, name: str, default: str | None = None) -> str | None:
        """An attribute's value; an attribute without value is an empty text."""
        return self.attributes.get(name, default)

    @property
    def text(self) -> str:
        """All text inside, with runs of white space made one space."""
        return " ".join(self._raw_text().split())

    def _raw_text(self) -> str:
        return "".join(c if isinstance(c, str) else c._raw_text() for c in self.children)

    @cached_property
    def inside(self) -> list["Node"]:
        """Every element inside, in the order of the page."""
        found: list[Node] = []
        for child in self.children:
            if isinstance(child, Node):
                found.append(child)
                found += child.inside
        return found

    def all(self, tag: str | None = None, **wanted: str | bool) -> list["Node"]:
        """Elements inside with that tag and those attributes; True asks just for presence.

        `class_` and `data_x` stand for `class` and `data-x`; a class matches one of several.
        """
        return [node for node in self.inside if tag in (None, node.tag) and node._has(wanted)]

    def one(self, tag: str | None = None, **wanted: str | bool) -> "Node":
        """The only such element; fails when there are none or more."""
        found = self.all(tag, **wanted)
        assert len(found) == 1, f"{len(found)} elements <{tag} {wanted}>"
        return found[0]

    def _has(self, wanted: dict[str, str | bool]) -> bool:
        for key, value in wanted.items():
            name = key.rstrip("_").replace("_", "-")
            actual = self.attributes.get(name)
            if actual is None or value is False:
                return actual is None and value is False
            words = actual.split() if name == "class" else [actual]
            if value is not True and value not in words:
                return False
        return True

    @property
    def ancestors(self) -> Iterator["Node"]:
        """From the parent up."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent


def parse(html: str) -> Node:
    """The tree of a page or fragment. Fails on an element closed in the wrong order or never."""
    builder = _Builder()
    builder.feed(html)
    builder.close()
    assert builder.node is builder.root, f"<{builder.node.tag}> is never closed"
    return builder.root


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = self.node = Node("")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        assert len(attributes) == len(attrs), f"<{tag}> has one twice of {attrs}"
        node = Node(tag, attributes, parent=self.node)
        self.node.children.append(node)
        if tag not in _VOID:
            self.node = node

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:  # SVG's elements close themselves
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.node.tag, f"</{tag}> closes <{self.node.tag}>"
        assert self.node.parent is not None
        self.node = self.node.parent

    def handle_data(self, data: str) -> None:
        self.node.children.append(data)


def broken_rules(root: Node) -> list[str]:
    """What the house forbids and this page or fragment does, in words."""
    rules = [_page_rules, _id_rules, _form_rules, _label_rules, _policy_rules, _name_rules]
    return [fault for rule in rules for fault in rule(root)]


def _is_page(root: Node) -> bool:
    return bool(root.all("html"))


def _page_rules(root: Node) -> Iterator[str]:
    if not _is_page(root):
        return
    titles = root.one("head").all("title")  # a picture in the body may have one of its own
    for tag, found in (("h1", root.all("h1")), ("main", root.all("main")), ("title", titles)):
        if len(found) != 1:
            yield f"{len(found)} <{tag}>, not one"
    if not all(title.text for title in titles):
        yield "an empty title"
    if not root.one("html").get("lang"):
        yield "no language"


def _id_rules(root: Node) -> Iterator[str]:
    ids = Counter(node["id"] for node in root.all(id=True))
    yield from (f"id {name!r} {n} times" for name, n in ids.items() if n > 1)
    if not _is_page(root):
        return  # a fragment may speak of what is on the page around it
    for node in root.inside:
        for name in _REFERENCES:
            for target in (node.get(name) or "").split():
                if target not in ids:
                    yield f"<{node.tag} {name}> names {target!r}, which is not there"


def _form_rules(root: Node) -> Iterator[str]:
    for form in root.all("form"):
        method = (form.get("method") or "get").lower()
        if not form.get("action") and method != "dialog":
            yield "a form without an action"
        if method == "post" and not form.all("input", name="csrf_token"):
            yield f"the form for {form.get('action')} has no CSRF token"
        if form.all("input", type="file") and form.get("enctype") != "multipart/form-data":
            yield f"the form for {form.get('action')} takes files but cannot send them"


def _label_rules(root: Node) -> Iterator[str]:
    labelled = {label.get("for") for label in root.all("label")}
    for node in root.inside:
        if node.tag not in {"input", "select", "textarea"} or node.get("type") in _UNLABELLED:
            continue
        inside = any(parent.tag == "label" for parent in node.ancestors)
        named = node.get("aria-label") or node.get("aria-labelledby")
        if not (inside or named or node.get("id", "-") in labelled):
            yield f"<{node.tag} name={node.get('name')!r}> has no label"


def _policy_rules(root: Node) -> Iterator[str]:
    """What the content security policy would refuse."""
    for node in root.inside:
        if node.tag == "style" or (node.tag == "script" and not node.get("src")):
            yield f"an inline <{node.tag}>"
        inline = [n for n in node.attributes if n == "style" or n.startswith(("on", "hx-on"))]
        if inline:
            yield f"<{node.tag}> with inline {inline}"
        if (node.get("href") or "").strip().lower().startswith("javascript:"):
            yield "a link that is a script"


def _name_rules(root: Node) -> Iterator[str]:
    for node in root.inside:
        if node.tag == "img" and node.get("alt") is None:
            yield "an image without alt"
        if node.tag in {"a", "button"} and not _spoken(node):
            yield f"<{node.tag}> without a name: {node.attributes}"


def _spoken(node: Node) -> bool:
    named = node.get("aria-label") or node.get("aria-labelledby") or node.get("title")
    pictures = [*node.all("img", alt=True), *node.all("svg", aria_label=True)]
    return bool(named or node.text or pictures)
