"""Why a language model does not help now."""

from portal.errors.base import DomainError, _


class ModelNotSetUp(DomainError):
    """AI_URL is not set."""

    code = "model_not_set_up"
    status = 409
    sentence = _("No language model is set up at this desk.")


class ModelNotAllowed(DomainError):
    """The organization's texts are not given to a model."""

    code = "model_not_allowed"
    status = 403
    sentence = _("The texts of this organization are not given to a language model.")


class NotesStay(DomainError):
    """An internal note would have been sent away."""

    code = "notes_stay"
    status = 409
    sentence = _("Internal notes are not given to a language model.")


class ModelBudgetSpent(DomainError):
    """The tokens of today are used up, or held for calls; `retry_after` is until tomorrow."""

    code = "model_budget_spent"
    status = 429
    sentence = _("The language model has no budget left for today.")

    def __init__(self, /, *, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class ModelWriting(DomainError):
    """A call of the same person runs."""

    code = "model_writing"
    status = 409
    sentence = _("The language model is writing something for you already. Wait for it.")
    retry_after = 5


class ModelBusy(DomainError):
    """As many calls run as may at once, so that pages stay quick."""

    code = "model_busy"
    status = 503
    sentence = _("The language model writes for others now. Try again in a moment.")
    retry_after = 5


class ModelFailed(DomainError):
    """The model's server gave no usable answer. `details["reason"]` says why, in a word."""

    code = "model_failed"
    status = 503
    sentence = _("The language model gave no usable answer. Nothing was changed.")
