"""Time zones for a select: cities by region, in the reader's language."""

from functools import cache
from importlib.resources import files

from babel import Locale
from babel.core import get_global

from portal import i18n
from portal.i18n import gettext
from portal.i18n import lazy_gettext as _

UTC = "UTC"
# The first part of zone names. Zones without a city (Etc/GMT+5) are not offered.
_REGIONS = {
    "Africa": _("Africa"),
    "America": _("America"),
    "Antarctica": _("Antarctica"),
    "Arctic": _("Arctic"),
    "Asia": _("Asia"),
    "Atlantic": _("Atlantic"),
    "Australia": _("Australia"),
    "Europe": _("Europe"),
    "Indian": _("Indian Ocean"),
    "Pacific": _("Pacific"),
}
City = tuple[str, str]
Group = tuple[str, tuple[City, ...]]


def grouped_choices(chosen: str) -> list[Group]:
    """[(region, ((zone, city), …)), …], sorted by name. `chosen` is included in any case.

    The first is the empty one, the zone of the browser.
    """
    locale = i18n.current_locale()
    groups = [(str(label), _cities(region, locale)) for region, label in _REGIONS.items()]
    others = dict.fromkeys(zone for zone in (UTC, chosen) if zone and zone not in _zones())
    everywhere = (("", gettext("As the browser says")), *((zone, zone) for zone in others))
    return [(gettext("Everywhere"), everywhere), *sorted(groups)]


@cache
def _zones() -> frozenset[str]:
    """The zones in `zone.tab` of the tz database, without former names."""
    table = files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8")
    listed = {line.split("\t")[2] for line in table.splitlines() if not line.startswith("#")}
    return i18n.zone_names() & listed


@cache
def _cities(region: str, locale: str) -> tuple[City, ...]:
    """((zone, city), …) of one region, sorted by the name of the city in `locale`."""
    zones = [zone for zone in _zones() if zone.startswith(f"{region}/")]
    return tuple(sorted(((zone, _city(zone, locale)) for zone in zones), key=lambda pair: pair[1]))


@cache
def _former_names() -> dict[str, list[str]]:
    """Present name → former names. Loaded when needed: Babel's table takes 3 MB."""
    names: dict[str, list[str]] = {}
    for former, now in get_global("zone_aliases").items():
        names.setdefault(now, []).append(former)
    return names


def _city(zone: str, locale: str) -> str:
    names = Locale.parse(locale).time_zones
    # A renamed city stands under its former name (Asia/Calcutta for Asia/Kolkata).
    for name in (zone, *_former_names().get(zone, ())):
        if city := names.get(name, {}).get("city"):
            return str(city)
    return zone.rpartition("/")[2].replace("_", " ")
