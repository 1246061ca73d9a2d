"""Texts of the mail `account_notice` by kind: heading, sentence, and what to do.

All use one template. They tell the owner of an account what was changed, so that a change by
somebody else is noticed.
"""

from typing import NamedTuple

from portal.i18n import LazyText
from portal.i18n import lazy_gettext as _
from portal.mail.safe_names import AboutType
from portal.models.delivery import NoticeKind

_REPLACE_PASSWORD = _(
    "If it was not you, choose a new password at once: that signs everybody else out and revokes "
    "every API key."
)
_REMOVE = _(
    "If it was not you, take that away at once and choose a new password: a new password alone "
    "does not end it."
)
_ANSWER = _("If it was not you, answer this mail at once, so that we can stop it.")
_NOTHING = _("If this is news to you, answer this mail.")


class Notice(NamedTuple):
    """`path` and `action` are of the button; `about` is the type of the notice's subject."""

    heading: LazyText
    sentence: LazyText
    remedy: LazyText = _REPLACE_PASSWORD
    path: str = "account/security"
    action: LazyText = _("See the account's security")
    about: AboutType = AboutType.NAME


def _credential(
    heading: LazyText, sentence: LazyText, remedy: LazyText = _REPLACE_PASSWORD
) -> Notice:
    return Notice(heading, sentence, remedy)


def _password(heading: LazyText, sentence: LazyText) -> Notice:
    return Notice(heading, sentence, _REPLACE_PASSWORD, "auth/forgot", _("Choose a new password"))


def _account(heading: LazyText, sentence: LazyText) -> Notice:
    return Notice(heading, sentence, _NOTHING)


def _organization(
    heading: LazyText, sentence: LazyText, about: AboutType = AboutType.NAME
) -> Notice:
    path, action = "account/organization", _("See the organization")
    return Notice(heading, sentence, _NOTHING, path, action, about)


def _webhook(heading: LazyText, sentence: LazyText, *, desk: bool = False) -> Notice:
    path = "admin/webhooks" if desk else "account/webhooks"
    return Notice(heading, sentence, _NOTHING, path, _("See the webhooks"), AboutType.HOST)


def _privacy(heading: LazyText, sentence: LazyText, remedy: LazyText) -> Notice:
    return Notice(heading, sentence, remedy, "account/privacy", _("See your data"))


def _mail(heading: LazyText, sentence: LazyText, remedy: LazyText) -> Notice:
    path, action = "admin/mail/doctor", _("See the mail doctor")
    return Notice(heading, sentence, remedy, path, action, AboutType.ADDRESS)


def _table_export(heading: LazyText, sentence: LazyText) -> Notice:
    return Notice(heading, sentence, _NOTHING, "admin/exports", _("See the exports"))


NOTICES: dict[str, Notice] = {
    NoticeKind.PASSWORD_CHANGED: _password(
        _("Your password was changed"),
        _(
            "The password of your account was changed. All other devices and programs were signed "
            "out, its API keys were revoked, and invitations that nobody had accepted were taken "
            "back. Passkeys and the authenticator app stay."
        ),
    ),
    NoticeKind.PASSWORD_RESET: _password(
        _("You have a new password"),
        _(
            "A new password was set through the link that we mailed you. Every device and program "
            "was signed out, the API keys were revoked, and invitations that nobody had accepted "
            "were taken back. Passkeys and the authenticator app stay."
        ),
    ),
    NoticeKind.EMAIL_CHANGE_ASKED: Notice(
        _("Your address is about to change"),
        _(
            "Somebody who knows your password asked to move your account to another address. It "
            "happens when they use the link that we sent there, signed in to your account."
        ),
        about=AboutType.ADDRESS,
    ),
    NoticeKind.EMAIL_CHANGE_ASKED_BY_DESK: Notice(
        _("Your address is about to change"),
        _(
            "An administrator of the desk asked to move your account to another address. It "
            "happens when you use the link that we sent there, signed in to your account."
        ),
        _NOTHING,
        about=AboutType.ADDRESS,
    ),
    NoticeKind.EMAIL_CHANGED: Notice(
        _("Your address was changed"),
        _("Your account has another e-mail address now. Mail goes there from now on."),
        _ANSWER,
        about=AboutType.ADDRESS,
    ),
    NoticeKind.EMAIL_LEFT: Notice(
        _("Your address was changed"),
        _("Your account has another e-mail address now. Mail goes there from now on."),
        _(
            "If it was not you, take the account back: for seven days this works, whatever has "
            "been done to it since. It gets this address again, and everybody is signed out."
        ),
        action=_("Take the account back"),
    ),
    NoticeKind.EMAIL_RESTORED: Notice(
        _("Your account has its former address again"),
        _(
            "It was taken back by a link that went to that address. Everybody was signed out, API "
            "keys were revoked, and a new password has to be chosen."
        ),
        _ANSWER,
        "auth/forgot",
        _("Choose a new password"),
    ),
    NoticeKind.TOTP_ADDED: _credential(
        _("Codes are asked for now"),
        _("An authenticator app was added: signing in takes its code besides the password."),
        _REMOVE,
    ),
    NoticeKind.TOTP_REMOVED: _credential(
        _("Codes are not asked for any more"),
        _("The authenticator app was removed from your account."),
    ),
    NoticeKind.PASSKEY_ADDED: _credential(
        _("A passkey was added"),
        _("A passkey can be used now to sign in to your account."),
        _REMOVE,
    ),
    NoticeKind.PASSKEY_REMOVED: _credential(
        _("A passkey was removed"), _("A passkey of your account does not work any more.")
    ),
    NoticeKind.RECOVERY_CODES_MADE: _credential(
        _("You have new recovery codes"),
        _("New recovery codes were made for your account; the former ones do not work any more."),
    ),
    NoticeKind.RECOVERY_CODE_USED: _credential(
        _("A recovery code was used"),
        _("Somebody signed in to your account with one of its recovery codes."),
    ),
    NoticeKind.SECOND_FACTOR_TAKEN: Notice(
        _("Your second factor was taken away"),
        _(
            "An administrator of the desk removed your authenticator app, passkeys and recovery "
            "codes, and signed you out everywhere. Your password alone signs you in now."
        ),
        _ANSWER,
    ),
    NoticeKind.SECOND_FACTOR_REQUIRED: Notice(
        _("Your account needs a second factor"),
        _(
            "An administrator of the desk asks for one. Set up an authenticator app or a passkey "
            "the next time that you sign in; nothing else opens before that."
        ),
        _NOTHING,
        action=_("Set it up"),
    ),
    NoticeKind.KEY_MADE: Notice(
        _("An API key was made"),
        _("A new key lets a program act in your name."),
        path="account/keys",
        action=_("See the API keys"),
    ),
    NoticeKind.KEY_REVOKED: Notice(
        _("An API key was revoked"),
        _("A key of your account does not work any more."),
        path="account/keys",
        action=_("See the API keys"),
    ),
    NoticeKind.KEYS_RESET: Notice(
        _("Your API keys were replaced"),
        _("All keys of your account were revoked, and a new one was made."),
        path="account/keys",
        action=_("See the API keys"),
    ),
    NoticeKind.SESSIONS_ENDED: _credential(
        _("Other devices were signed out"),
        _("Devices or programs that were signed in to your account have been signed out."),
    ),
    NoticeKind.SIGNED_OUT_BY_DESK: _account(
        _("You were signed out everywhere"),
        _(
            "An administrator of the desk signed out every device and program of your account. "
            "Sign in again with your password, which stays the same."
        ),
    ),
    NoticeKind.ROLE_CHANGED: _account(
        _("Your role on the desk was changed"),
        _(
            "An administrator gave your account another role. Every device and program was signed "
            "out, and the API keys were revoked."
        ),
    ),
    NoticeKind.RIGHTS_CHANGED: Notice(
        _("Your rights on the desk were changed"),
        _("What your account may do besides answering tickets was changed."),
        _NOTHING,
        "account/log",
        _("See what was changed"),
    ),
    NoticeKind.ENABLED: _account(
        _("Your account is open again"),
        _(
            "An administrator has opened it again. What was signed in before is signed out, and "
            "API keys of then stay revoked: make new ones where they are needed."
        ),
    ),
    NoticeKind.MERGED: Notice(
        _("Your two accounts are one now"),
        _(
            "An administrator of the desk merged them. What you have filed and written is in the "
            "account that stays; the other address opens nothing any more, and its API keys were "
            "revoked."
        ),
        _NOTHING,
        path="tickets/",
        action=_("See your tickets"),
        about=AboutType.ADDRESS,
    ),
    NoticeKind.INVITED: _organization(
        _("Somebody was invited to your organization"),
        _("Who accepts the invitation becomes a member of your organization."),
        AboutType.ADDRESS,
    ),
    NoticeKind.JOINED: _organization(
        _("Your organization has a new member"),
        _("Somebody accepted an invitation to your organization."),
        AboutType.ADDRESS,
    ),
    NoticeKind.DOMAIN_CONFIRMED: _organization(
        _("New accounts of a domain join your organization"),
        _(
            "Somebody who reads mail at the domain has confirmed it. Whoever opens an account with "
            "an address there becomes a member of your organization."
        ),
        AboutType.HOST,
    ),
    NoticeKind.ORGANIZATION_SHUT: Notice(
        _("The access of your organization is switched off"),
        _(
            "An administrator of the desk has switched it off. Its members are signed out and "
            "cannot sign in, and their API keys do not work. Nothing is deleted."
        ),
        _("If you want to know why, answer this mail."),
        path="auth/login",
        action=_("See the desk"),
    ),
    NoticeKind.ORGANIZATION_OPENED: _organization(
        _("The access of your organization is switched on"),
        _(
            "An administrator of the desk has switched it on again. Its members can sign in, and "
            "their API keys work."
        ),
    ),
    NoticeKind.LEFT: _organization(
        _("You are not in the organization any more"),
        _(
            "Your account was removed from its organization, whose tickets it sees no more. It was "
            "signed out everywhere, and its API keys were revoked."
        ),
    ),
    NoticeKind.ORGANIZATION_ROLE_CHANGED: _organization(
        _("Your role was changed"),
        _("You have another role in your organization, and were signed out everywhere."),
    ),
    NoticeKind.CREDENTIAL_CHANGED: _organization(
        _("A credential was changed"),
        _("A credential that your organization keeps here was stored, replaced or removed."),
    ),
    NoticeKind.PRODUCTS_NOT_FETCHED: Notice(
        _("Your products are not up to date"),
        _("Fetching them from the marketplace has failed. The page of syncs says why."),
        _NOTHING,
        "account/organization/products/syncs",
        _("See the syncs"),
    ),
    NoticeKind.WEBHOOK_CHANGED: _webhook(
        _("A webhook was changed"),
        _(
            "A webhook that tells another server of your organization's tickets was set up, "
            "changed or removed."
        ),
    ),
    NoticeKind.WEBHOOK_STOPPED: _webhook(
        _("A webhook was switched off"),
        _(
            "Nothing has reached its server for a day, so it is not called any more. What it has "
            "missed can be sent again."
        ),
    ),
    NoticeKind.DESK_WEBHOOK_CHANGED: _webhook(
        _("A webhook of the desk was changed"),
        _(
            "A webhook that tells another server of everybody's tickets was set up, changed or "
            "removed."
        ),
        desk=True,
    ),
    NoticeKind.DESK_WEBHOOK_STOPPED: _webhook(
        _("A webhook of the desk was switched off"),
        _(
            "Nothing has reached its server for a day, so it is not called any more. What it has "
            "missed can be sent again."
        ),
        desk=True,
    ),
    NoticeKind.EXPORT_READY: _privacy(
        _("Your data is ready"),
        _("The export that you asked for can be fetched for seven days, after signing in."),
        _REPLACE_PASSWORD,
    ),
    NoticeKind.DELETION_ASKED: _privacy(
        _("Your account will be deleted"),
        _("Somebody who knows your password asked to delete your account. It happens in 14 days."),
        _("If it was not you, or you think better of it, sign in and undo it."),
    ),
    NoticeKind.DELETION_ASKED_BY_DESK: _privacy(
        _("Your account will be deleted"),
        _("An administrator of the desk asked to delete your account. It happens in 14 days."),
        _("If you want to keep it, sign in and undo it, or answer this mail."),
    ),
    NoticeKind.DELETION_UNDONE: _privacy(
        _("Your account stays"), _("The deletion of your account was called off."), _ANSWER
    ),
    NoticeKind.TABLE_EXPORT_READY: _table_export(
        _("Your export is ready"),
        _("The table that you asked for can be fetched for seven days, after signing in."),
    ),
    NoticeKind.TABLE_EXPORT_FAILED: _table_export(
        _("Your export could not be made"),
        _("The page of exports says why. There you can ask for it again."),
    ),
    NoticeKind.MAIL_HELD: Notice(
        _("A mail in your name waits"),
        _(
            "A mail with your address as its sender has come to the desk, and nothing proves that "
            "you have sent it. It waits until you say so."
        ),
        _("If you have not written it, say that there: then the administrators look at it."),
        "account/mail",
        _("See the mail"),
    ),
    NoticeKind.MAIL_NOT_FETCHED: _mail(
        _("A mailbox of the desk is not fetched any more"),
        _(
            "For 15 minutes the desk could not fetch its mail. What customers write waits at the "
            "mail server; none of it is lost."
        ),
        _("The mail doctor says what is wrong and what to do about it."),
    ),
    NoticeKind.MAIL_NOT_READ: _mail(
        _("Mail that came in is not read any more"),
        _(
            "Mails have waited for 15 minutes to be read, so they are on no ticket yet. They are "
            "kept; none of them is lost."
        ),
        _("The mail doctor says what is wrong and what to do about it."),
    ),
    NoticeKind.MAIL_NOT_TAKEN: _mail(
        _("Mail is not taken from the mail server any more"),
        _(
            "For 15 minutes the program that takes it has given no sign of life. What customers "
            "write waits at the mail server; none of it is lost."
        ),
        _("Whoever operates the server starts the program again: python -m jobs.inbound."),
    ),
    NoticeKind.MAIL_COMES_AGAIN: _mail(
        _("Mail comes in again"),
        _("The trouble that we told you of is over. What has waited is being read."),
        _("There is nothing to do."),
    ),
}
