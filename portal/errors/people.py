"""Accounts: what is wrong with a proof of who somebody is, and what an account cannot do."""

from portal.errors.base import DomainError, _


class SignInNeeded(DomainError):
    """Nobody is signed in, and this is not for everybody."""

    code = "sign_in_needed"
    status = 401
    detail = _(
        "Send an access token or an API key: Authorization: Bearer …. Cookies are not looked at."
    )


class BadCredential(SignInNeeded):
    """The token or key is forged, expired, revoked or used up."""

    code = "bad_credential"
    status = 401
    detail = _("The token or key is wrong, has expired, or was revoked.")
    challenge = 'error="invalid_token"'


class WrongPassword(DomainError):
    """Address and password do not match, or the password of the account is wrong."""

    code = "wrong_password"
    status = 401
    detail = _("The address and the password do not go together.")


class CodeNeeded(DomainError):
    """The password was right; a code of the second factor is missing."""

    code = "code_needed"
    status = 401
    detail = _(
        "The account has a second factor: send `code`, six digits of the app or a recovery code."
    )


class WrongCode(DomainError):
    """The code of the second factor is wrong, or was used before."""

    code = "wrong_code"
    status = 401
    detail = _("This code is not right, or was used before.")


class SecondFactorNeeded(DomainError):
    """The account or its role requires a second factor, which has not been set up."""

    code = "second_factor_needed"
    status = 403
    detail = _("Your account needs a second factor. Set one up on the web first.")


class ProofNeeded(DomainError):
    """The actor has to prove their identity again: the last proof is too old."""

    code = "proof_needed"
    status = 403
    detail = _(
        "Sign in again and use the new access token, or send the account's `password` where the "
        "endpoint takes it. An API key is no proof that its owner is there."
    )

    def __init__(self, /, *, max_age: int) -> None:
        """`max_age` is how old a proof may be, in seconds (RFC 9470)."""
        super().__init__()
        self.challenge = f'error="insufficient_user_authentication", max_age="{max_age}"'


class BadLink(DomainError):
    """A mailed link that was used, has expired, was replaced by a newer one, or is forged."""

    code = "bad_link"
    status = 410
    detail = _("It was used, has expired, or was replaced by a newer one. Ask for a new one.")


class SetUpAlready(BadLink):
    """The link of the console is for a desk that nobody administers, and somebody does."""

    code = "set_up_already"
    status = BadLink.status
    sentence = _("This desk is set up already. Sign in, or ask its administrator for an account.")


class SetupLinkDead(BadLink):
    """No link, or a former one, that the console of a desk without an administrator prints."""

    code = "setup_link_dead"
    status = BadLink.status
    sentence = _(
        "It has expired, or a newer one was printed. Whoever runs the desk prints another one with "
        "“flask setup-link”."
    )


class EmailTaken(DomainError):
    """There is an account with that address."""

    code = "email_taken"
    status = 409
    sentence = _("Another account has that address by now. Write to us, and we see to it.")
    detail = _("There is an account with this address. Sign in, or reset its password.")


class RegistrationClosed(DomainError):
    """The setting REGISTRATION does not allow opening accounts in this way."""

    code = "registration_closed"
    status = 403
    sentence = _(
        "Accounts are opened by invitation on this desk. Ask a colleague who has one, or write to "
        "us."
    )


class LastAdmin(DomainError):
    """The change would leave nobody who can administer the desk."""

    code = "last_admin"
    status = 409
    sentence = _("This is the last active administrator: name another one first.")


class RoleInUse(DomainError):
    """The named role cannot be deleted while somebody has it."""

    code = "role_in_use"
    status = 409
    sentence = _("Somebody has this role: give them another one first.")
