"""Changes of settings: a text each, over the environment's, and a line in the log for each."""

import secrets
from collections.abc import Mapping

from portal import clock
from portal.errors import ConfigError, Invalid, SettingsChanged
from portal.extensions import db, forget_settings_version, setting
from portal.models.operations import Desk, SettingValue
from portal.models.people import AccountEventKind, Actor, User
from portal.product import LIGHT_GROUNDS, MIN_CONTRAST, contrast
from portal.queries.operations import desk as desks
from portal.queries.operations import settings as queries
from portal.security import permissions
from portal.security.people import step_up
from portal.services.people import account_log
from portal.settings.registry import SETTINGS
from portal.settings.setting import Kind, Setting

# Characters of a value in the log.
MAX_LOGGED = 200


def change(*, actor: Actor, texts: Mapping[str, str], seen: str) -> list[Setting]:
    """Let each setting of `texts` be what its text says; returns those that became another.

    `seen` is the version of the settings that the actor has seen.

    Raises Forbidden, Invalid by field, SettingsChanged, and ProofNeeded for dangerous ones.
    """
    desk = _begin(actor, seen)
    wanted = {SETTINGS[name]: text for name, text in texts.items()}
    wrong = {spec.field: code for spec, text in wanted.items() if (code := _problem(spec, text))}
    if wrong:
        raise Invalid(**wrong)
    written = {spec: spec.write(spec.read_text(text)) for spec, text in wanted.items()}
    changed = [spec for spec, text in written.items() if text != _now(spec)]
    for spec in changed:
        _set(desk, actor, spec, written[spec])
    return changed


def change_picture(*, actor: Actor, name: str, suffix: str, storage_key: str | None) -> None:
    """Let a stored picture hold; None: no picture at all. Raises Forbidden, ProofNeeded."""
    _set(_begin(actor), actor, SETTINGS[name], suffix.upper(), storage_key)


def reset(*, actor: Actor, name: str) -> bool:
    """Let the environment's value hold again; returns whether another did."""
    desk, spec = _begin(actor), SETTINGS[name]
    row = queries.find(name)
    if row is None:
        return False
    _require_proof(actor, spec)
    before = row.value
    db.session.delete(row)
    _note(desk, actor, spec, before, "")
    return True


def _begin(actor: Actor, seen: str | None = None) -> Desk:
    permissions.require(permissions.can_change_settings(actor))
    # Two changes at once wait for each other here.
    desk = desks.find(lock=True)
    assert desk is not None  # noqa: S101 - a migration has made it
    if seen is not None and seen != (desk.settings_version or ""):
        raise SettingsChanged
    return desk


def _problem(spec: Setting, text: str) -> str:
    """The code of why a text does not fit; nothing when it does."""
    try:
        value = spec.read_text(text)
    except ConfigError:
        return "refused"
    if spec.kind is Kind.COLOUR and value and not _is_readable(value.chosen):
        return "pale"
    return ""


def _is_readable(colour: str) -> bool:
    """On white. In the dark another shade of it is taken, whichever it is."""
    return contrast(colour, LIGHT_GROUNDS[0]) >= MIN_CONTRAST


def _now(spec: Setting) -> str:
    key, _dot, part = spec.key.partition(".")
    value = setting(key)
    return spec.write(getattr(value, part) if part else value)


def _set(
    desk: Desk, actor: Actor, spec: Setting, text: str, storage_key: str | None = None
) -> None:
    _require_proof(actor, spec)
    before = _now(spec)
    row = queries.find(spec.name)
    if row is None:
        row = SettingValue(name=spec.name)
        db.session.add(row)
    row.value, row.storage_key, row.changed_at = text, storage_key, clock.now()
    _note(desk, actor, spec, before, text)


def _require_proof(actor: Actor, spec: Setting) -> None:
    if spec.dangerous:
        step_up.require(actor)


def _note(desk: Desk, actor: Actor, spec: Setting, before: str, after: str) -> None:
    """Let all processes read anew after the commit, and the log say who changed what."""
    desk.settings_version = secrets.token_hex(16)
    ends = {"from": before[:MAX_LOGGED], "to": after[:MAX_LOGGED]}
    account_log.record(
        user=db.session.get_one(User, actor.id),
        kind=AccountEventKind.SETTING_CHANGED,
        actor=actor,
        setting=spec.name,
        **ends,
    )
    db.session.flush()
    forget_settings_version()
