"""`/auth/domains/<token>`: whoever reads mail at a domain confirms whose new accounts it has.

Mail scanners fetch every link. So a GET changes nothing: the button does.
"""

from flask import flash, render_template, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.services.organizations import domains
from portal.web.fragments import see_other
from portal.web.rate_limits import limits
from portal.web.templating.labels import ORGANIZATION_ROLE_LABELS


@bp.get("/domains/<token>")
def domain(token: str) -> str:
    """What is asked, by whom, and what it means."""
    found = domains.find(token)
    return render_template(
        "auth/domain.html",
        found=found,
        role=ORGANIZATION_ROLE_LABELS[found.domain.role],
        token=token,
    )


@bp.post("/domains/<token>")
@limits.limited_by(limits.link_limits())
def confirm_domain(token: str) -> Response:
    """Nobody is signed in, and nobody has to be: the mailbox speaks for the domain."""
    domains.find(token)  # before the write lock is taken
    begin_write()
    found = domains.confirm(token)
    db.session.commit()
    flash(
        _(
            "The domain is confirmed: whoever opens an account with an address at %(domain)s "
            "becomes a member of %(organization)s.",
            domain=found.domain.domain,
            organization=found.organization.name,
        ),
        "success",
    )
    return see_other(url_for("home"))
