"""Who may import whom, who may commit: the rules that keep the house in layers."""

from collections.abc import Callable

import pytest

from tests.architecture.source import Module, modules

EDGES = {"auth", "setup", "tickets", "people", "account", "admin", "webhook_pages", "api"}
EDGES |= {"help_pages"}
# Pure helpers: no request, no database. Anybody may use them.
HELPERS = {"clock", "errors", "i18n", "isolation", "logs", "markdown", "request_context", "storage"}
HELPERS |= {
    "mail_html",
    "mail_words",
    "durable_files",
    "inbound_url",
    "live_events",
    "learning",
    "mail_doctor",
    "mail_parsing",
    "path_urls",
    "product",
    "cron",
    "redaction",
    "rhythm",
    "text_analysis",
    "thumbnails",
}
# The layers from the inside out, each with what it may import besides itself and the helpers.
INSIDE = {
    "models": {"extensions"},
    "security": {"models", "extensions", "prepared", "bulk_statements"},
    # Text of a search in, a tree out.
    "search_language": {"models"},
    "queries": {"models", "extensions", "prepared", "search_language", "security"},
    # Clients of marketplaces: they ask, and store nothing.
    "integrations": {"models", "security"},
    "services": {"queries", "security", "models", "extensions", "queueing", "bulk_statements"}
    | {"integrations", "model_settings", "settings"},
}
# What a message is made of: rows in, bytes out.
MESSAGES = {
    "mail": {"queries", "security", "models", "extensions"},
    "webhook_payloads": {"queries", "models"},
}
_FOR_EDGES = {
    "services",
    "queries",
    "search_language",
    "security",
    "models",
    "extensions",
    "queueing",
    "queue_state",
    "webhook_payloads",
    "settings",
}
OUTSIDE = {
    "web": {"services", "queries", "security", "models", "extensions", "queueing"}
    | {"config", "schema", "search_language", "settings"},
    **{edge: _FOR_EDGES | {"web"} for edge in EDGES},
    # Where mail is tried, and its texts are written.
    "admin": _FOR_EDGES | {"web", "mail", "inbound"},
    "api": _FOR_EDGES | {"web", "inbound"},
    # It also sends mails to the desk itself, and looks at what keeps mail away.
    "inbound": {"services", "queries", "security", "models", "extensions", "mail"},
    # Where the files of the guide are.
    "help_pages": _FOR_EDGES | {"web", "config"},
    "setup": _FOR_EDGES | {"web", "mail"},
    "backups": {"models"},
    # Rows of all tables, from one database into another.
    "database_move": {"database_url", "engines", "models", "schema"},
    # Rows in, tickets out: checked as services want them, which alone store them.
    "importers": {"services", "security", "models"},
    "cli": _FOR_EDGES
    | {
        "backups",
        "config",
        "database_move",
        "database_url",
        "importers",
        "inbound",
        "installation",
        "schema",
    },
}
# What the application is made with. Nobody but the factory knows all of it.
FOUNDATION = {
    "extensions": set(),
    "engines": {"write_gate"},
    "prepared": {"engines", "extensions"},
    "bulk_statements": {"extensions"},
    "queue_state": {"queueing"},
    "queueing": {"extensions"},
    "write_gate": set(),
    "installation": set(),
    "variables": {"security"},
    "database_url": {"variables"},
    "setting_values": {"mail", "variables"},
    "storage_settings": {"variables"},
    "model_settings": {"variables"},
    "config": {"database_url", "installation", "setting_values", "storage_settings", "variables"}
    | {"model_settings"},
    "schema": {"config"},
    # What may be changed on pages over what the environment says.
    "settings": {"extensions", "model_settings", "queries", "setting_values"},
    "reporting": set(),
}
TABLE = {**FOUNDATION, **INSIDE, **MESSAGES, **OUTSIDE}
FACTORY = "assembly"
FLASKS = {"flask", "flask_login", "flask_wtf", "flask_limiter", "htmx_flask", "werkzeug", "wtforms"}
WITHOUT_FLASK = HELPERS | set(INSIDE) | {"importers"}
MAY_COMMIT = EDGES | {"inbound", "web", "cli"}
# Shortcuts that earn their place on the hottest pages; elsewhere they would be in the way.
SHORTCUTS = {
    "portal.prepared": {
        "portal.queries.inbound.mail_glance",
        "portal.queries.operations.heartbeats",
        "portal.queries.operations.settings",
        "portal.queries.people.users",
        "portal.queries.tickets.distinct_values",
        "portal.queries.statistics.progress",
        "portal.queries.tickets.conversation",
        "portal.queries.tickets.counts",
        "portal.queries.tickets.customers",
        "portal.queries.tickets.drafts",
        "portal.queries.tickets.lists.list_statement",
        "portal.queries.tickets.mails",
        "portal.queries.tickets.palette",
        "portal.queries.tickets.reads",
        "portal.queries.tickets.requesters",
        "portal.queries.tickets.saved_views",
        "portal.queries.tickets.scheduled",
        "portal.queries.tickets.search.excerpts",
        "portal.queries.tickets.search.frequency",
        "portal.queries.tickets.search.names",
        "portal.queries.tickets.search.ranking",
        "portal.queries.tickets.search.similar",
        "portal.queries.tickets.search.whole_words",
        "portal.queries.tickets.lists.ticket_rows",
        "portal.queries.tickets.tickets",
        "portal.queries.tickets.timeline",
        "portal.queries.webhooks.webhooks",
        "portal.security.people.api_keys",
        "portal.security.people.refresh_tokens",
        "portal.security.people.sessions",
    },
    "portal.web.templating.fragment_cache": {
        "portal.tickets.conversation",
        "portal.tickets.customer_card",
        "portal.tickets.presenters",
        "portal.tickets.lists.queue_rows",
        "portal.tickets.lists.rows",
        "portal.tickets.thread",
        "portal.web",
    },
}

PORTAL = modules("portal")
EVERYTHING = modules("portal", "jobs")


def layer(dotted: str) -> str:
    """`portal.services.tickets.tickets` is in `services`; `portal` itself in nothing."""
    return dotted.split(".")[1] if dotted.startswith("portal.") else ""


def packages(module: Module) -> set[str]:
    """The outermost names of what a module imports."""
    return {name.partition(".")[0] for name in module.imports}


def layers(module: Module) -> set[str]:
    """The layers of ours that a module imports."""
    return {layer(name) for name in module.imports} - {""}


def offenders(chosen: list[Module], found: Callable[[Module], object]) -> dict[str, object]:
    """Files in which something was found that should not be there."""
    return {str(module): what for module in chosen if (what := found(module))}


def test_every_package_stands_in_the_table() -> None:
    known = {*TABLE, *HELPERS, FACTORY, ""}
    assert {layer(module.name) for module in PORTAL} <= known


def test_everything_imports_only_what_stands_below_it() -> None:
    held = [module for module in PORTAL if layer(module.name) in TABLE]

    def strangers(module: Module) -> set[str]:
        own = layer(module.name)
        return layers(module) - TABLE[own] - HELPERS - {own}

    assert not offenders(held, strangers)


def test_helpers_import_nothing_but_helpers() -> None:
    helpers = [module for module in PORTAL if layer(module.name) in HELPERS]
    assert not offenders(helpers, lambda m: layers(m) - HELPERS)


@pytest.mark.parametrize("shortcut", sorted(SHORTCUTS))
def test_shortcuts_of_hot_pages_are_used_where_they_were_measured(shortcut: str) -> None:
    users = {
        module.name
        for module in PORTAL
        if any(f"{name}.".startswith(f"{shortcut}.") for name in module.imports)
    }
    assert users == SHORTCUTS[shortcut]


def test_edges_never_import_each_other() -> None:
    edges = [module for module in PORTAL if layer(module.name) in EDGES]
    assert not offenders(edges, lambda m: (layers(m) & EDGES) - {layer(m.name)})


def test_only_the_factory_imports_edges() -> None:
    others = [m for m in PORTAL if m.name != "portal.assembly" and layer(m.name) not in EDGES]
    assert not offenders(others, lambda m: layers(m) & EDGES)


def test_the_portal_never_imports_jobs() -> None:
    assert not offenders(PORTAL, lambda m: packages(m) & {"jobs"})


def test_the_inside_knows_nothing_of_requests() -> None:
    inside = [module for module in PORTAL if layer(module.name) in WITHOUT_FLASK]
    assert not offenders(inside, lambda m: packages(m) & FLASKS)


def test_only_edges_commands_and_the_job_runner_commit() -> None:
    # The gate is a part of the driver's connection, which passes on what it is told.
    named = {"jobs.running", "portal.write_gate"}
    others = [m for m in EVERYTHING if layer(m.name) not in MAY_COMMIT and m.name not in named]
    assert not offenders(others, lambda m: m.calls("commit"))


def test_edges_read_rights_again_with_each_change() -> None:
    # Those who are nobody yet, and the place that reads them.
    strangers = {"registration", "passwords", "auth", "idempotency"}
    strangers |= {"authentication", "authorization"}
    edges = EDGES - {"auth", "setup"}
    signed_in = [
        module
        for module in PORTAL
        if layer(module.name) in edges and module.name.rpartition(".")[2] not in strangers
    ]
    assert not offenders(signed_in, lambda m: m.imports & {"portal.extensions.begin_write"})


def test_the_clock_is_read_in_one_place() -> None:
    others = [module for module in PORTAL if module.name not in {"portal.clock", "portal.logs"}]
    reads = {"datetime.now", "datetime.utcnow", "date.today", "time.time"}
    assert not offenders(others, lambda m: m.called & reads)


def test_only_the_settings_read_the_environment() -> None:
    others = [module for module in PORTAL if module.name != "portal.config"]
    assert not offenders(others, lambda m: m.imports & {"os.environ", "os.getenv"})
    assert not offenders(others, lambda m: "os.environ" in m.path.read_text("utf-8"))


# Ways to the network. Whatever goes to an address that somebody typed has one guarded way out.
NETWORK = {"socket", "ssl", "socketserver", "smtplib", "ftplib", "poplib", "imaplib", "telnetlib"}
NETWORK |= {"xmlrpc", "urllib3", "requests", "httpx", "aiohttp", "websockets", "pycurl", "asyncio"}
NETWORK |= {"imapclient.IMAPClient"}
NETWORK |= {"http.client", "http.server", "urllib.request", "multiprocessing.connection"}
MAY_CONNECT = {
    "portal.security.delivery.connections",
    "portal.security.delivery.outbound",
    "portal.security.delivery.mail_servers",
    # IMAP, over connections that the guarded clients made.
    "portal.inbound.imap.client",
    "portal.inbound.imap.failures",
    "portal.storage.s3",  # to the operator's own bucket
    "portal.mail.smtp",  # to the operator's own mail server
    "portal.mail.smtp_client",
    # Listening on loopback, and asking our own web server whether it is there.
    "jobs.launcher.demo",
    "jobs.supervisor",
    # Taking the connections of clients, and of mail servers.
    "jobs.serving.connections",
    "jobs.serving.loop",
    "jobs.listening",
    "jobs.receiving.arriving",
    "jobs.receiving.dialogue",
    "jobs.receiving.program",
    "jobs.receiving.reception",
    # And those of open pages.
    "jobs.streaming.connection",
    "jobs.streaming.program",
    "jobs.streaming.redis_listener",
}


def test_only_the_guarded_client_makes_connections() -> None:
    def ways_out(module: Module) -> set[str]:
        starts = {tuple(name.split(".")[:length]) for name in module.imports for length in (1, 2)}
        return NETWORK & {".".join(start) for start in starts}

    assert not offenders([m for m in EVERYTHING if m.name not in MAY_CONNECT], ways_out)


def test_the_guarded_client_alone_uses_its_connections() -> None:
    guarded = {"portal.security.delivery.outbound", "portal.security.delivery.mail_servers"}
    others = [m for m in EVERYTHING if m.name not in guarded]
    assert not offenders(
        others, lambda m: [i for i in m.imports if "portal.security.delivery.connections" in i]
    )


def test_every_module_says_what_lives_in_it() -> None:
    assert not offenders(EVERYTHING, lambda m: not m.docstring)


@pytest.mark.threat("secrets that can be guessed")
def test_chance_that_can_be_predicted_makes_nothing_but_pauses_and_demonstrations() -> None:
    may = {"portal.services.delivery.leases", "portal.cli.demo", "portal.cli.demo_story"}
    others = [module for module in EVERYTHING if module.name not in may]
    assert not offenders(others, lambda m: packages(m) & {"random", "uuid"})
