"""`/account/organization/products/syncs`: marketplaces, their keys, the schedule, and the log."""

from flask import Response, flash, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal.account import bp
from portal.account.organization.sync_forms import MarketplacesForm, ScheduleForm, SyncForm
from portal.account.organization.sync_lines import check_line, keys_line, sync_line
from portal.errors import Invalid
from portal.extensions import db
from portal.i18n import gettext as _
from portal.models.organizations import Marketplace, MarketplaceType
from portal.queries.organizations import organizations
from portal.queries.paging import parse_id_cursor
from portal.queries.products import schedules as schedule_queries
from portal.queries.products import syncs as queries
from portal.security import permissions
from portal.services.products import connection, schedules
from portal.services.products import syncs as services
from portal.services.products.connection import Check
from portal.web.change import change
from portal.web.forms import ERROR_MESSAGES
from portal.web.fragments import page_or_fragment, see_other
from portal.web.people.sessions import actor
from portal.web.rate_limits import limits
from portal.web.rate_limits.limit_keys import by_actor
from portal.web.templating import timezones

_limits_outgoing_calls = limits.limited_by(limits.call_limits(limits.OUTGOING_CALL, by_actor))
_PATH = "/organization/products"


@bp.get(f"{_PATH}/syncs")
def product_syncs() -> Response:
    """The page; for HTMX the log, which says how far they are."""
    return _page()


@bp.post(f"{_PATH}/syncs")
@_limits_outgoing_calls
def ask_product_sync() -> AnyResponse:
    """Fetch from all marketplaces, or from the one that the form names."""
    form = SyncForm()
    if not form.validate():
        raise Invalid(marketplace="unknown")
    wanted = [Marketplace(form.marketplace.data)] if form.marketplace.data else []
    try:
        with change():
            services.ask(actor=actor(), marketplaces=wanted)
    except Invalid as invalid:
        db.session.rollback()
        flash(str(ERROR_MESSAGES[str(invalid.details["marketplace"])]), "error")
    else:
        flash(_("The products are being fetched."), "success")
    return _back()


@bp.post(f"{_PATH}/syncs/<id:sync_id>/cancel")
def cancel_product_sync(sync_id: int) -> AnyResponse:
    with change():
        cancelled = services.cancel(actor=actor(), sync_id=sync_id)
    if cancelled:
        flash(_("The sync is called off. What was fetched stays."), "success")
    else:
        flash(_("Too late: the sync has ended."), "warning")
    return _back()


@bp.post(f"{_PATH}/marketplaces")
def choose_marketplaces() -> AnyResponse:
    form = MarketplacesForm()
    if not form.validate():
        return _page(422, marketplaces_form=form)
    chosen = form.marketplace_type.data
    with change():
        connection.choose(
            actor=actor(), marketplace_type=MarketplaceType(chosen) if chosen else None
        )
    flash(_("It is saved where the organization sells."), "success")
    return _back()


@bp.post(f"{_PATH}/marketplaces/check")
@_limits_outgoing_calls
def check_marketplace() -> AnyResponse:
    """Ask the marketplace with the stored keys."""
    form = SyncForm()
    if not form.validate() or not form.marketplace.data:
        raise Invalid(marketplace="unknown")
    marketplace = Marketplace(form.marketplace.data)
    found = _checked(marketplace)
    good = found.problem is None and not found.busy
    flash(check_line(marketplace, found), "success" if good else "error")
    return _back()


@bp.post(f"{_PATH}/schedule")
def put_product_schedule() -> AnyResponse:
    form = ScheduleForm()
    if form.validate():
        with change(form):
            schedules.put(actor=actor(), cron=form.cron.data, zone=form.zone.data)
    if form.errors:
        return _page(422, schedule_form=form)
    flash(_("The schedule is saved."), "success")
    return _back()


@bp.post(f"{_PATH}/schedule/delete")
def delete_product_schedule() -> AnyResponse:
    with change():
        schedules.delete(actor=actor())
    flash(_("Products are fetched only when somebody asks for it."), "success")
    return _back()


def _checked(marketplace: Marketplace) -> Check:
    shop = connection.open_for_check(actor=actor(), marketplace=marketplace)
    if isinstance(shop, Check):
        return shop
    # No transaction is open while the marketplace is waited for.
    db.session.rollback()
    return connection.check(shop)


def _back() -> AnyResponse:
    return see_other(url_for(".product_syncs"))


def _page(
    status: int = 200,
    *,
    marketplaces_form: MarketplacesForm | None = None,
    schedule_form: ScheduleForm | None = None,
) -> Response:
    """With the forms that were refused."""
    who = actor()
    cursor = request.args.get("cursor")
    page = queries.page(who, cursor=parse_id_cursor(cursor))
    rows = [sync_line(row) for row in page.rows]
    manages = permissions.can_sync_products(who)
    kind = organizations.own(who).marketplace_type
    chosen = connection.marketplaces_of(kind)
    schedule = schedule_queries.of(who)
    form = schedule_form or ScheduleForm.of(schedule)
    waits = any(row.sync.is_open for row in rows)
    return page_or_fragment(
        "account/product_syncs/index.html",
        "account/product_syncs/_list.html",
        status,
        said="" if waits else _("No sync is running."),
        manages=manages,
        marketplaces_form=marketplaces_form or MarketplacesForm.of(kind),
        marketplaces=[keys_line(who.organization_id, one) for one in chosen] if manages else chosen,
        schedule=schedule,
        schedule_form=form,
        zones=timezones.grouped_choices(form.zone.data or ""),
        rows=rows,
        waits=waits,
        # The page may be the answer to a form, whose own address has nothing to read.
        here_url=url_for(".product_syncs", cursor=cursor),
        first_url=url_for(".product_syncs") if cursor else None,
        next_url=url_for(".product_syncs", cursor=page.next) if page.next else None,
    )
