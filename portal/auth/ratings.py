"""`/auth/ratings/<token>`: rate a solved ticket by the link in a mail, without signing in.

Mail scanners fetch every link. So a GET marks what the link has chosen, and its button stores it.
"""

from flask import flash, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.auth import bp
from portal.extensions import begin_write, db
from portal.i18n import gettext as _
from portal.models.tickets import Rating, Ticket
from portal.services.tickets import ratings
from portal.web.fragments import see_other
from portal.web.rate_limits import limits
from portal.web.rating_form import RatingForm


@bp.get("/ratings/<token>")
def rating(token: str) -> str:
    """The form, with the rating of the link or the one that was given."""
    ticket, _requester = ratings.of_link(token)
    chosen = request.args.get("rating", "")
    kept = {"rating": chosen or ticket.rating, "comment": ticket.rating_comment}
    return _page(RatingForm(formdata=None, data=kept), ticket, token)


@bp.post("/ratings/<token>")
@limits.limited_by(limits.link_limits())
def rate(token: str) -> Response | tuple[str, int]:
    """Store it; the link may be pressed again to change it."""
    ticket, requester = ratings.of_link(token)
    form = RatingForm()
    if not form.validate():
        return _page(form, ticket, token), 422
    begin_write()
    ticket, requester = ratings.of_link(token, lock=True)
    ratings.rate(
        actor=requester,
        ticket=ticket,
        rating=Rating(form.rating.data),
        comment=form.comment.data,
    )
    db.session.commit()
    flash(_("Thank you for telling us."), "success")
    return see_other(url_for(".rating", token=token))


def _page(form: RatingForm, ticket: Ticket, token: str) -> str:
    return render_template("auth/rating.html", form=form, number=ticket.number, token=token)
