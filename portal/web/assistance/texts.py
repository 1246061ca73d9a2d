"""What pages say of the language model: its tasks, and why it gave no answer."""

from portal.i18n import LazyText, lazy_pgettext
from portal.i18n import lazy_gettext as _
from portal.models.assistance import CallState, ModelTask
from portal.redaction import Kind

TASK_LABELS: dict[ModelTask, LazyText] = {
    ModelTask.DRAFT: _("Draft an answer"),
    ModelTask.SHORTER: _("Shorter"),
    ModelTask.FRIENDLIER: _("Friendlier"),
    ModelTask.LANGUAGE: _("In the customer's language"),
    ModelTask.SUMMARY: _("Summarise"),
    ModelTask.TITLE: _("Suggest a title"),
    ModelTask.TRIAL: lazy_pgettext("model", "Trial"),
}
# What the menu of the composer offers.
OFFERED = tuple(
    (str(task), label) for task, label in TASK_LABELS.items() if task is not ModelTask.TRIAL
)
STATE_LABELS: dict[CallState, LazyText] = {
    CallState.RUNNING: lazy_pgettext("model", "running"),
    CallState.ANSWERED: lazy_pgettext("model", "answered"),
    CallState.FAILED: lazy_pgettext("model", "failed"),
    CallState.LEFT: lazy_pgettext("model", "broken off by the reader"),
}
KIND_LABELS: dict[Kind, LazyText] = {
    Kind.SECRET: lazy_pgettext("redacted", "password or key"),
    Kind.EMAIL: lazy_pgettext("redacted", "e-mail address"),
    Kind.IBAN: lazy_pgettext("redacted", "bank account"),
    Kind.CARD: lazy_pgettext("redacted", "card"),
    Kind.PHONE: lazy_pgettext("redacted", "telephone"),
    Kind.IP: lazy_pgettext("redacted", "network address"),
    Kind.INN: lazy_pgettext("redacted", "taxpayer number"),
    Kind.NAME: lazy_pgettext("redacted", "name"),
    Kind.TEXT: lazy_pgettext("redacted", "text"),
}
_OTHERWISE = _("Its server gave no answer that can be read.")
_PROBLEMS: dict[str, LazyText] = {
    "key": _("Its server does not take our key."),
    "model": _("Its server does not know the model, or the address is another."),
    "paid": _("The account at its server has no money left."),
    "limit": _("Its server has too much to do for us now. Try again in a while."),
    "refused": _("Its server refuses what we ask."),
    "server": _("Its server has a fault of its own. Try again in a while."),
    "timeout": _("It took too long and was broken off."),
    "unreachable": _("Its server cannot be reached."),
    "url": _("Its server may not be called from here: see OUTBOUND_ALLOW."),
    "tls": _("Its server's certificate is not valid."),
    "cut": _("The answer broke off in the middle."),
    "empty": _("The answer was empty."),
}


def problem_text(reason: str) -> LazyText:
    """Why a call gave no whole answer."""
    return _PROBLEMS.get(reason, _OTHERWISE)
