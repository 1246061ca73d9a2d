"""Files of `static/` that the settings make: colours, logo, icons of the tab.

The colours are a stylesheet of their own, as the Content-Security-Policy allows no inline style.
"""

import base64

from portal.product import Accent, Logo, Product

_OUR_GREEN = "#1d6b4f"
LOGO_TYPES = {"svg": "image/svg+xml", "png": "image/png", "webp": "image/webp"}
_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{}</svg>'
_DOT = '<circle cx="25" cy="7" r="6.5" fill="#d9480f" stroke="#fff" stroke-width="1.5"/>'


def product_files(product: Product, icons: dict[str, str]) -> dict[str, bytes]:
    """Paths below `static/`, and what is to be served there.

    `icons` are our own icons of the tab by their paths; the second, with a dot, says "unread".
    """
    files = {}
    if product.accent:
        files["css/product.css"] = _stylesheet(product.accent).encode()
    if product.logo:
        files[logo_path(product.logo)] = product.logo.body
    for path, icon in icons.items():
        made = _icon(product, icon, unread="unread" in path)
        if made != icon:
            files[path] = made.encode()
    return files


def logo_path(logo: Logo) -> str:
    return f"img/logo.{logo.suffix}"


def _stylesheet(accent: Accent) -> str:
    light, dark = accent.light, accent.dark
    return (
        ":root {\n"
        f"  --accent: light-dark({light.colour}, {dark.colour});\n"
        f"  --on-accent: light-dark({light.on_it}, {dark.on_it});\n"
        f"  --accent-soft: light-dark({light.soft}, {dark.soft});\n"
        "}\n"
    )


def _icon(product: Product, icon: str, *, unread: bool) -> str:
    if product.logo:
        data = base64.b64encode(product.logo.body).decode()
        url = f"data:{LOGO_TYPES[product.logo.suffix]};base64,{data}"
        picture = f'<image width="32" height="32" href="{url}"/>'
        return _ICON.format(picture + (_DOT if unread else ""))
    return icon.replace(_OUR_GREEN, product.accent.light.colour) if product.accent else icon
