"""URLs of local paths. A folder may have any name: `%`, `?` and `#` mean something in a URL."""

from pathlib import Path
from urllib.parse import quote, unquote


def from_path(scheme: str, path: Path) -> str:
    """`scheme` (with its colon and slashes) and the absolute path: `file:///srv/50%25`."""
    return f"{scheme}{quote(str(path))}"


def to_path(url: str) -> Path:
    """The path of `url`, which has no host and no parameters."""
    return Path(unquote(url.partition("://")[2]))
