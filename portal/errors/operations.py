"""What the desk itself cannot do now: settings, files, exports."""

from portal.errors.base import DomainError, _


class NotConfigured(DomainError):
    """The operator has not set what this needs. `details["setting"]` names it."""

    code = "not_configured"
    status = 503
    sentence = _("The operator of this desk has not set this up.")


class SettingsChanged(DomainError):
    """Somebody else changed a setting while this page of them was open."""

    code = "settings_changed"
    status = 409
    sentence = _("Somebody has changed settings meanwhile. Look at them again, then change yours.")


class ReadOnlyDesk(DomainError):
    """The desk takes no changes now: `portal.models.operations.ReadOnlyMode`.

    `details["until"]` is when it is expected to take them again, or None.
    """

    code = "read_only"
    status = 503
    sentence = _("This desk is being moved. Reading works, writing does not for now.")
    detail = _("The desk is being moved: it can be read, and takes changes again later.")
    retry_after = 60


class TooLarge(DomainError):
    """An upload is over a limit: `details["limit"]`, in bytes of the file `name`, or of `count`."""

    code = "too_large"
    status = 413
    detail = _("Send less: the limits are in the description of the endpoint.")


class StorageFull(DomainError):
    """The file store cannot take the bytes now."""

    code = "storage_full"
    status = 507
    detail = _("The server cannot store this now. Nothing was saved; try again later.")


class StorageAway(DomainError):
    """The file store does not answer, or refuses us."""

    code = "storage_away"
    status = 503
    detail = _("Files cannot be reached now. Try again shortly.")
    retry_after = 5


class ForeignStore(DomainError):
    """The file store is not this desk's. `details["reason"]` is one line for the operator."""

    code = "unavailable"
    status = 503
    detail = _("Try again shortly.")
    retry_after = 5

    def __str__(self) -> str:
        return str(self.details["reason"])


class TooManyExports(DomainError):
    """The person has as many exports waiting or being written as one may have."""

    code = "too_many_exports"
    status = 409
    sentence = _(
        "As many exports of yours are being made as there may be at once. Wait for one of them, or "
        "call one off."
    )
