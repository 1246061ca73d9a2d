"""Forms of `/account/organization/products/syncs`."""

from portal import i18n
from portal.i18n import lazy_gettext as _
from portal.models.organizations import Marketplace
from portal.models.organizations.marketplace import MARKETPLACE_LABELS, MARKETPLACE_TYPE_LABELS
from portal.models.products import ProductSchedule
from portal.models.products.product_schedule import MAX_CRON, MAX_ZONE
from portal.web.forms import ChoiceField, Form, LineField

_EVERY_MORNING = "0 6 * * *"


class MarketplacesForm(Form):
    marketplace_type = ChoiceField(
        _("Where the organization sells"),
        pairs=(("", _("At no marketplace")), *MARKETPLACE_TYPE_LABELS.items()),
        default="",
    )

    @classmethod
    def of(cls, marketplace_type: str | None) -> "MarketplacesForm":
        return cls(formdata=None, data={"marketplace_type": marketplace_type or ""})


class SyncForm(Form):
    """Which marketplace; empty for all."""

    marketplace = ChoiceField(
        _("Marketplace"),
        pairs=(("", ""), *((one.value, MARKETPLACE_LABELS[one]) for one in Marketplace)),
        default="",
    )


class ScheduleForm(Form):
    cron = LineField(
        _("When"),
        max_length=MAX_CRON,
        needed=True,
        description=_(
            "Minute, hour, day, month, weekday. Each morning at six is 0 6 * * *, every four hours "
            "is 0 */4 * * *, Mondays at 7:30 is 30 7 * * 1."
        ),
        render_kw={"required": True, "autocomplete": "off", "spellcheck": "false"},
    )
    zone = LineField(_("Time zone"), max_length=MAX_ZONE, needed=True, render_kw={"required": True})

    @classmethod
    def of(cls, schedule: ProductSchedule | None) -> "ScheduleForm":
        """As it is stored, else each morning by the reader's clock."""
        cron = schedule.cron if schedule else _EVERY_MORNING
        zone = schedule.zone if schedule else i18n.current_timezone().key
        return cls(formdata=None, data={"cron": cron, "zone": zone})
