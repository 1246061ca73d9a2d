"""Static files under names that contain their hash, so that browsers may cache them for a year.

They are those of `static/`, and the pictures of the guide as `guide/…`. The names are computed at
start: a changed file gets a new name at the next start.
"""

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from flask import Flask, Response, abort, current_app, request

from portal.config import ROOT
from portal.extensions import setting
from portal.product import Product
from portal.web.middleware.compression import gzip
from portal.web.middleware.headers import SANDBOX
from portal.web.templating.bundles import BUNDLES, shortened
from portal.web.templating.product_files import LOGO_TYPES, logo_path, product_files

STATIC = ROOT / "static"
# Where files lie, by what their paths below /static/ begin with.
_FOLDERS = {"": STATIC, "guide/": ROOT / "docs" / "guide" / "pictures"}
_YEAR = 365 * 24 * 3600
_SUFFIXES = {".css", ".js", ".svg", ".png", ".ico", ".webp", ".woff2", ".webmanifest"}
_ICONS = ("img/favicon.svg", "img/favicon-unread.svg")
# Paths of files that may be made from the desk's name, logo and colour.
MADE = {"css/product.css", *_ICONS, *(f"img/logo.{suffix}" for suffix in LOGO_TYPES)}
_HASH = re.compile(r"\.[0-9a-f]{12}(?=\.[a-z0-9]+$)", re.ASCII)
_COMPRESSIBLE = {".css", ".js", ".svg", ".webmanifest"}


# Larger files are read at their first request: most processes never serve them.
_PRELOADED_BYTES = 256 * 1024


@dataclass(frozen=True)
class Asset:
    """A file of `static/`, or what is made of some, with its hashed URL and ETag."""

    path: Path
    url: str
    mimetype: str
    etag: str
    made: bytes | None = None
    # The operator's SVG, opened by its address, is a document: it may only be looked at.
    sandboxed: bool = False

    @cached_property
    def body(self) -> bytes:
        return self.path.read_bytes() if self.made is None else self.made

    @property
    def text(self) -> str:
        return self.body.decode()

    @cached_property
    def gzipped(self) -> bytes:
        """The gzipped body; empty when that is not smaller."""
        gzipped = gzip(self.body, level=9) if self.path.suffix in _COMPRESSIBLE else b""
        return gzipped if len(gzipped) < len(self.body) else b""


def attach(app: Flask) -> None:
    """Serve `static/`, and give templates `asset('css/app.css')`, the hashed URL of a file."""
    by_path = dict(_files())
    for path, parts in BUNDLES.items():
        by_path[path] = _made_asset(path, b"".join(by_path[part].body for part in parts))
    by_url = {asset.url: asset for asset in by_path.values()}
    of_product = _ProductAssets({path: by_path[path].text for path in _ICONS})

    def serve(path: str) -> Response:
        url = f"/static/{path}"
        if (asset := by_url.get(url)) is not None:
            return _response(asset, f"public, max-age={_YEAR}, immutable")
        if (asset := of_product.known().get(path) or by_path.get(path)) is not None:
            return _response(asset, "public, no-cache")
        if (asked := _HASH.sub("", path)) in MADE:
            return _made(of_product, asked, url)
        return abort(404)

    def url_of(path: str) -> str:
        made = of_product.current().get(path) if path in MADE else None
        return (made or by_path[path]).url

    app.add_url_rule("/static/<path:path>", "static", serve)
    app.add_url_rule("/favicon.ico", "favicon", lambda: serve("img/favicon.svg"))
    app.extensions["lodge.assets"] = by_path
    app.jinja_env.globals["asset"] = url_of
    app.jinja_env.globals["logo_path"] = logo_path
    app.jinja_env.globals["current_product"] = lambda: setting("PRODUCT")


def _made(of_product: "_ProductAssets", path: str, url: str) -> Response:
    """A file under its hashed name, from what this process knows or else from what holds now.

    A page that was loaded before the desk got another colour gets the present one.
    """
    asset = of_product.known().get(path)
    if asset is None or asset.url != url:
        asset = of_product.current().get(path)
    if asset is None:
        return abort(404)
    cache = f"public, max-age={_YEAR}, immutable" if asset.url == url else "public, no-cache"
    return _response(asset, cache)


class _ProductAssets:
    """The files that the desk's name, logo and colour make, made anew when those change."""

    def __init__(self, icons: dict[str, str]) -> None:
        self._icons = icons
        self._made: tuple[Product | None, dict[str, Asset]] = (None, {})

    def current(self) -> dict[str, Asset]:
        """By their paths below `static/`."""
        return self._of(setting("PRODUCT"))

    def known(self) -> dict[str, Asset]:
        """The same of what this process knows: a file needs no look at the database."""
        known = current_app.extensions["lodge.settings"].known()
        return self._of(known.get("PRODUCT", current_app.config["PRODUCT"]))

    def _of(self, product: Product) -> dict[str, Asset]:
        of, made = self._made
        if of is not product:
            files = product_files(product, self._icons)
            made = {path: _made_asset(path, body, sandboxed=True) for path, body in files.items()}
            self._made = (product, made)
        return made


def _files() -> Iterator[tuple[str, Asset]]:
    for beginning, folder in _FOLDERS.items():
        for path in sorted(folder.rglob("*")):
            if path.suffix in _SUFFIXES:
                name = f"{beginning}{path.relative_to(folder)}"
                yield name, _read(name, path)


def _read(name: str, path: Path) -> Asset:
    if name.startswith(("css/", "js/")):
        return _made_asset(name, shortened(name, path.read_text()).encode())
    return _asset(name, path, path.read_bytes())


def _made_asset(name: str, body: bytes, *, sandboxed: bool = False) -> Asset:
    return _asset(name, STATIC / name, body, made=body, sandboxed=sandboxed)


def _asset(
    name: str, path: Path, body: bytes, *, made: bytes | None = None, sandboxed: bool = False
) -> Asset:
    digest = hashlib.sha256(body).hexdigest()
    stem, suffix = name.removesuffix(path.suffix), path.suffix
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    url = f"/static/{stem}.{digest[:12]}{suffix}"
    asset = Asset(path, url, kind, digest, made, sandboxed)
    if len(body) < _PRELOADED_BYTES:
        asset.gzipped  # noqa: B018 - reads it, and keeps it
    return asset


def _response(asset: Asset, cache: str) -> Response:
    gzipped = asset.gzipped and request.accept_encodings["gzip"]
    response = Response(asset.gzipped if gzipped else asset.body, mimetype=asset.mimetype)
    if gzipped:
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = cache
    if asset.sandboxed:
        response.headers["Content-Security-Policy"] = SANDBOX
    response.set_etag(asset.etag, weak=True)
    response.make_conditional(request)
    return response
