"""`/admin/settings/texts`: own words for mails, by language, with a look at them first."""

from flask import Response, abort, current_app, flash, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from portal import i18n, mail_words
from portal.admin import bp
from portal.admin.operations.mail_text_forms import GROUPS, MAIL_NAMES, MailTextForm, form_of
from portal.admin.operations.mail_trial import send_to_oneself
from portal.errors import Invalid
from portal.extensions import setting
from portal.i18n import gettext as _
from portal.mail.message_context import MailSettings
from portal.mail.samples import Sample, our_words, sample
from portal.mail.trial import Words
from portal.mail_words import OwnText
from portal.queries.operations import mail_texts as queries
from portal.security import permissions
from portal.services.operations import mail_texts as services
from portal.web.change import change
from portal.web.fragments import see_other
from portal.web.language import offered_languages
from portal.web.middleware.headers import MAIL_CSP
from portal.web.people.guards import permitted
from portal.web.people.sessions import actor

_ours = permitted(permissions.can_change_templates)


@bp.get("/settings/texts")
@_ours
def mail_texts() -> str:
    own = {(row.template, row.locale) for row in queries.all_texts()}
    return render_template(
        "admin/operations/mail_texts.html",
        groups=[
            (
                heading,
                [
                    (
                        label,
                        [
                            (code, name, _url(mail, code), (mail, code) in own)
                            for code, name in offered_languages()
                        ],
                    )
                    for mail, label in names.items()
                ],
            )
            for heading, names in GROUPS
        ],
    )


@bp.get("/settings/texts/<template>/<locale>")
@_ours
def mail_text(template: str, locale: str) -> str:
    _require_known(template, locale)
    text = queries.own_text(template, locale)
    shown = text or _ours_in(template, locale)
    return _page(template, locale, form_of(template)(formdata=None, **shown._asdict()), text)


@bp.post("/settings/texts/<template>/<locale>")
@_ours
def save_mail_text(template: str, locale: str) -> AnyResponse | str | tuple[str, int]:
    """Keep the words, look at them first, or take ours again."""
    _require_known(template, locale)
    if "reset" in request.form:
        with change():
            services.reset(actor=actor(), template=template, locale=locale)
        flash(_("This mail has our words again."), "success")
        return see_other(_url(template, locale))
    if "send" in request.form:
        shown = _sample(template, locale, queries.own_text(template, locale))
        send_to_oneself(Words(shown.subject, shown.text, shown.html))
        return see_other(_url(template, locale))
    form = form_of(template)()
    if form.validate():
        if "preview" in request.form:
            return _look_first(template, locale, form)
        with change(form):
            services.change(actor=actor(), template=template, locale=locale, text=form.text())
    if form.errors:
        return _page(template, locale, form, None), 422
    flash(_("Saved. Below is how the mail looks."), "success")
    return see_other(_url(template, locale))


def _look_first(template: str, locale: str, form: MailTextForm) -> str | tuple[str, int]:
    """The page with what was typed, of which nothing is kept."""
    try:
        services.check(template, form.text())
    except Invalid as invalid:
        form.add_errors(invalid)
        return _page(template, locale, form, None), 422
    return _page(template, locale, form, form.text(), kept=False)


@bp.get("/settings/texts/<template>/<locale>/preview")
@_ours
def mail_preview(template: str, locale: str) -> Response:
    """The HTML as a mail program shows it: nothing runs and nothing is loaded."""
    _require_known(template, locale)
    shown = _sample(template, locale, queries.own_text(template, locale))
    response = Response(shown.html, mimetype="text/html")
    response.headers["Content-Security-Policy"] = MAIL_CSP
    return response


def _page(
    template: str, locale: str, form: MailTextForm, text: OwnText | None, *, kept: bool = True
) -> str:
    """`kept`: the text is the one that mails have."""
    return render_template(
        "admin/operations/mail_text.html",
        form=form,
        title=MAIL_NAMES[template],
        language=dict(offered_languages())[locale],
        locale=locale,
        url=_url(template, locale),
        preview_url=url_for(".mail_preview", template=template, locale=locale),
        is_own=queries.find(template, locale) is not None,
        is_layout=template == mail_words.LAYOUT,
        sample=_sample(template, locale, text),
        kept=kept,
    )


def _sample(template: str, locale: str, text: OwnText | None) -> Sample:
    is_layout = template == mail_words.LAYOUT
    frame = text if is_layout else queries.own_text(mail_words.LAYOUT, locale)
    with i18n.force_locale(locale, actor().timezone):
        return sample(template, _settings(), None if is_layout else text, frame)


def _ours_in(template: str, locale: str) -> OwnText:
    """What one begins with."""
    with i18n.force_locale(locale, actor().timezone):
        return our_words(template, _settings())


def _settings() -> MailSettings:
    return MailSettings(
        base_url=setting("BASE_URL"),
        mail_from=setting("MAIL_FROM"),
        support_email=setting("SUPPORT_EMAIL"),
        product=setting("PRODUCT"),
        environment=current_app.jinja_env,
        sign=lambda _purpose, _row: "",
        sign_rating=lambda _ticket: "",
        sign_reply=lambda mailbox, _ticket, _user_id: mailbox,
        sign_report=lambda _subscription: "",
        sign_decline=lambda _user, _name: "",
        report_words=lambda _report, _names: None,
    )


def _require_known(template: str, locale: str) -> None:
    if template not in MAIL_NAMES or locale not in dict(offered_languages()):
        abort(404)


def _url(template: str, locale: str) -> str:
    return url_for(".mail_text", template=template, locale=locale)
