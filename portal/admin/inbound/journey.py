"""The journey of a mail as sentences."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from portal.i18n import LazyText, lazy_gettext, ngettext
from portal.i18n import gettext as _
from portal.mail_parsing.parsed import Nature
from portal.models.inbound import Step
from portal.models.inbound.inbound_message import REASON_TEXTS, WAY_TEXTS, JourneyLine
from portal.queries.inbound.threading import Sign
from portal.web.templating.mail_remarks import REMARK_LABELS

_NATURES = {
    Nature.PERSON: lazy_gettext("A person wrote it."),
    Nature.AUTO_REPLY: lazy_gettext("A program answered with it."),
    Nature.BULK: lazy_gettext("A list or a program sent it."),
    Nature.BOUNCE: lazy_gettext("A mail server says what became of a mail."),
}
SIGNS: Mapping[str, LazyText] = {
    Sign.ADDRESS: lazy_gettext("its signed address"),
    Sign.OUR_MAIL: lazy_gettext("the mail that it answers"),
    Sign.THREAD: lazy_gettext("the thread that it answers"),
    Sign.EARLIER_MAIL: lazy_gettext("an earlier mail that it answers"),
    Sign.SUBJECT: lazy_gettext("the number in its subject"),
}
Facts = Mapping[str, Any]


class Line(NamedTuple):
    """`text` says what happened at that moment; `ticket` is a number that it is about."""

    at: datetime
    text: str
    ticket: str = ""


def lines_of(steps: Sequence[JourneyLine]) -> list[Line]:
    """A journey; steps that a newer version has written are left out."""
    found = []
    for facts in steps:
        if (text := _TEXTS.get(facts["step"])) is not None:
            at = datetime.fromisoformat(facts["at"])
            found.append(Line(at, " ".join(filter(None, text(facts))), facts.get("ticket", "")))
    return found


def reason_text(reason: str | None) -> str:
    return str(REASON_TEXTS.get(reason or "", ""))


def _received(facts: Facts) -> list[str]:
    way = WAY_TEXTS.get(facts["way"], facts["way"])
    return [_("It came, %(way)s, and was kept.", way=way)]


def _parsed(facts: Facts) -> list[str]:
    because = facts["because"]
    nature = str(_NATURES.get(facts["nature"], ""))
    number = facts["files"]
    return [
        f"{nature} ({because})" if because else nature,
        *(str(REMARK_LABELS[one]) for one in facts["remarks"] if one in REMARK_LABELS),
        ngettext("It has %(num)d file.", "It has %(num)d files.", number) if number else "",
    ]


def _authenticated(facts: Facts) -> list[str]:
    said = "; ".join(
        f"{server}: {', '.join(f'{name} {result}' for name, result in results.items())}"
        for server, results in facts["servers"]
    )
    believed = {
        "pass": _("The trusted server says that the sender's domain sent it."),
        "fail": _("The trusted server says that the sender's domain did not send it."),
    }
    trusted = believed.get(facts["dmarc"], _("No server that is trusted has proven its sender."))
    return [trusted, f"({said})" if said else ""]


def _cut(facts: Facts) -> list[str]:
    number = facts["letters"]
    return [
        ngettext(
            "Quotes and signature of %(num)d letter are folded.",
            "Quotes and signature of %(num)d letters are folded.",
            number,
        )
    ]


def _found_by(facts: Facts) -> str:
    sign = SIGNS.get(facts.get("sign") or "")
    return _("Found by %(sign)s.", sign=sign) if sign else ""


def _filed(facts: Facts) -> list[str]:
    follows, related = facts["follows"], facts["related"]
    return [
        _("It is a new ticket."),
        _("It continues %(number)s, which is closed.", number=follows) if follows else "",
        _("It answers %(number)s, which its sender may not see.", number=related)
        if related
        else "",
    ]


def _shared(facts: Facts) -> list[str]:
    number = facts["added"]
    in_copy = ngettext(
        "%(num)d address is in copy.", "%(num)d addresses are in copy.", facts["number"]
    )
    if not facts["is_proven"]:
        return [in_copy, _("Nothing has proven its sender, so they do not take part.")]
    added = ngettext("%(num)d of them is new.", "%(num)d of them are new.", number)
    return [in_copy, added]


def _bounced(facts: Facts) -> list[str]:
    if facts["action"] == "failed":
        return [_("A mail of ours came back: %(status)s.", status=facts["status"] or "–")]
    return [_("It is about a mail of ours that has not failed.")]


def _trial(facts: Facts) -> list[str]:
    number = facts["seconds"]
    return [
        ngettext(
            "It is a trial of the mail doctor, and took %(num)d second.",
            "It is a trial of the mail doctor, and took %(num)d seconds.",
            number,
        )
    ]


_TEXTS: Mapping[str, Callable[[Facts], list[str]]] = {
    Step.RECEIVED: _received,
    Step.PARSED: _parsed,
    Step.AUTHENTICATED: _authenticated,
    Step.CUT: _cut,
    Step.SENDER: lambda _facts: [_("Its sender was new and got an account without a password.")],
    Step.POSTED: lambda facts: [_("It is an answer on its ticket."), _found_by(facts)],
    Step.NOTED: lambda facts: [_("It is a note on its ticket."), _found_by(facts)],
    Step.FILED: _filed,
    Step.SHARED: _shared,
    Step.BOUNCED: _bounced,
    Step.TRIAL: _trial,
    Step.HELD: lambda facts: [_("It waits for a decision."), reason_text(facts["reason"])],
    Step.FAILED: lambda facts: [reason_text(facts["reason"]), facts.get("error", "")],
    Step.AGAIN: lambda facts: [
        _("Somebody has accepted it.") if facts["accepted"] else _("Somebody had it read again.")
    ],
    Step.ASKED: lambda _facts: [_("Whom it names was asked whether they have written it.")],
    Step.DISOWNED: lambda _facts: [_("Whom it names has not written it.")],
    Step.COPIED: lambda _facts: [_("Somebody made a ticket of its text.")],
    Step.DISMISSED: lambda _facts: [_("Somebody has put it away.")],
}
