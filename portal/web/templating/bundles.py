"""Files of `static/` that are sent as one, and without what only their readers need.

Several small files compress a third better as one. There is no build step: it is done at start.
"""

import re

_STYLES = ("css/app.css", "css/work.css", "css/composer.css")
_SCRIPTS = ("timezone", "app", "drafts", "actions", "live")
_SCRIPTS_OF_STAFF = ("answers", "bell", "presence", "keys", "queue")
# Loaded once somebody is about to write (app.js).
_WRITING = ("composer",)
_WRITING_OF_STAFF = ("composer", "replies", "mentions", "model")

# What is served below `static/`, and of what it is made. A script that stops at an error stops
# those after it, so what can do without others comes first.
BUNDLES = {
    "css/signed-in.css": _STYLES,
    "css/staff.css": (*_STYLES, "css/queue.css"),
    "js/signed-in.js": tuple(f"js/{name}.js" for name in _SCRIPTS),
    "js/staff.js": tuple(f"js/{name}.js" for name in (*_SCRIPTS, *_SCRIPTS_OF_STAFF)),
    "js/writing.js": tuple(f"js/{name}.js" for name in _WRITING),
    "js/staff-writing.js": tuple(f"js/{name}.js" for name in _WRITING_OF_STAFF),
}


def shortened(path: str, text: str) -> str:
    """A stylesheet or script of ours without comments on lines of their own, and indentation."""
    if path.startswith("css/"):
        lines = _lines(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
        return re.sub(r"(?<=[{};,])\n", "", lines).replace(" {", "{")
    if path.startswith("js/"):
        return _lines(re.sub(r"^\s*//.*", "", text, flags=re.MULTILINE))
    return text


def _lines(text: str) -> str:
    return "".join(f"{line.strip()}\n" for line in text.splitlines() if line.strip())
