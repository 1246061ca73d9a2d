"""The wings: a folder for each domain in every layer, and which may stand on which."""

import pytest

from tests.architecture.source import Module, modules

# From the lowest. A wing imports those before it in its own layer, never one behind it.
ORDER = (
    "delivery",
    "people",
    "webhooks",
    "organizations",
    "products",
    "tickets",
    "inbound",
    "statistics",
    "assistance",
    "privacy",
    "operations",
)
LAYERS = ("models", "queries", "security", "services", "web", "api")
# What all pages or endpoints need is no domain's, and a large wing has rooms: folders by matter.
BY_MATTER = {
    "api": {"fields", "openapi"},
    "queries": {"export_tables", "lists", "search"},
    "services": {"importing"},
    "web": {"files", "live_updates", "middleware", "rate_limits", "templating"},
}


def wing(dotted: str, layer: str) -> str:
    """`portal.services.tickets.bulk` is in `tickets`; what is in no wing in none."""
    parts = dotted.split(".")
    inside = parts[:2] == ["portal", layer] and len(parts) > 2 and parts[2] in ORDER
    return parts[2] if inside else ""


def upward(module: Module, layer: str) -> set[str]:
    """What a module imports from a wing that stands on its own one."""
    own = wing(module.name, layer)
    if not own:
        return set()
    return {
        name
        for name in module.imports
        if (found := wing(name, layer)) and ORDER.index(found) > ORDER.index(own)
    }


@pytest.mark.parametrize("layer", LAYERS)
def test_no_wing_imports_one_that_stands_on_it(layer: str) -> None:
    climbing = {str(m): found for m in modules(f"portal/{layer}") if (found := upward(m, layer))}
    assert not climbing


@pytest.mark.parametrize("layer", LAYERS)
def test_a_folder_in_a_layer_is_a_wing_or_listed(layer: str) -> None:
    folders = {m.path.parent.name for m in modules(f"portal/{layer}")}
    assert folders - {layer} <= set(ORDER) | BY_MATTER.get(layer, set())


@pytest.mark.parametrize("layer", ["models", "queries", "security", "services"])
def test_what_stands_in_no_wing_knows_none(layer: str) -> None:
    common = [m for m in modules(f"portal/{layer}") if not wing(m.name, layer)]
    knowing = {
        str(m): found
        for m in common
        if m.path.name != "__init__.py" and (found := {n for n in m.imports if wing(n, layer)})
    }
    assert not knowing


def test_a_noun_is_imported_from_its_wing() -> None:
    gathered = {*ORDER, "base", "kinds", "annotations"}
    elsewhere = {
        str(m): found
        for m in modules("portal", "jobs", "tests")
        if (
            found := {
                n
                for n in m.imports
                if n.startswith("portal.models.") and n.split(".")[2] not in gathered
            }
        )
    }
    assert not elsewhere
