"""What the page of syncs shows of a sync, of keys, and of their trial."""

from typing import NamedTuple

from portal.i18n import gettext as _
from portal.i18n import long_moment
from portal.models.organizations import Marketplace
from portal.models.organizations.marketplace import MARKETPLACE_LABELS
from portal.models.people.person import name_of
from portal.models.products import ProductSync, SyncStage, SyncState
from portal.models.products.product_sync import SYNC_ERROR_TEXTS
from portal.queries.paging import AnyRow
from portal.services.products.connection import Check, asked_label, key_names, missing_keys
from portal.web.templating.labels import SYNC_STATE_LABELS

# From here on in minutes.
_MINUTES = 120


class SyncLine(NamedTuple):
    """`said` is why it failed or waits, `asked` what it was about, `goes_on` whether by itself."""

    sync: ProductSync
    marketplace: object
    state: object
    starter: str
    said: object
    asked: object
    goes_on: bool
    took: str
    percent: int | None


class KeysLine(NamedTuple):
    """The credentials of a marketplace; `missing` are those that are not stored."""

    marketplace: Marketplace
    label: object
    names: tuple[str, ...]
    missing: tuple[str, ...]


def sync_line(row: AnyRow) -> SyncLine:
    sync: ProductSync = row.ProductSync
    failed = sync.state == SyncState.FAILED
    return SyncLine(
        sync=sync,
        marketplace=MARKETPLACE_LABELS.get(sync.marketplace, sync.marketplace),
        state=SYNC_STATE_LABELS.get(sync.state, sync.state),
        starter="" if sync.started_by_id is None else name_of(row),
        said=SYNC_ERROR_TEXTS.get(sync.error or "", ""),
        asked=asked_label(sync.stage) if failed and sync.detail else "",
        goes_on=sync.state == SyncState.QUEUED and sync.error is not None,
        took=_took(sync),
        percent=_percent(sync),
    )


def _took(sync: ProductSync) -> str:
    """How long it took; empty while that is not known."""
    if not (sync.ended_at and sync.started_at):
        return ""
    seconds = max(1, round((sync.ended_at - sync.started_at).total_seconds()))
    if seconds < _MINUTES:
        return _("took %(count)s s", count=seconds)
    return _("took %(count)s min", count=round(seconds / 60))


def _percent(sync: ProductSync) -> int | None:
    """How far it is; None while nobody knows how many products there are."""
    if not sync.total or sync.stage == SyncStage.GONE:
        return None
    return min(100 * sync.seen // sync.total, 100)


def keys_line(organization_id: int, marketplace: Marketplace) -> KeysLine:
    return KeysLine(
        marketplace,
        MARKETPLACE_LABELS[marketplace],
        key_names(marketplace),
        missing_keys(organization_id, marketplace),
    )


def check_line(marketplace: Marketplace, found: Check) -> str:
    """One or two sentences that begin with the marketplace."""
    name = str(MARKETPLACE_LABELS[marketplace])
    if found.busy:
        return f"{name}: {SYNC_ERROR_TEXTS['busy']}"
    if found.problem is None:
        good = _("The keys are good: cards, prices and stocks can be read.")
        until = found.expires_at
        ends = _("They end on %(moment)s.", moment=long_moment(until)) if until else ""
        return f"{name}: {good} {ends}".strip()
    about = str(asked_label(found.asked))
    told = ": ".join(filter(None, (about, found.detail)))
    return f"{name}: {SYNC_ERROR_TEXTS[found.problem]}" + (f" ({told})" if told else "")
