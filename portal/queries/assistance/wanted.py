"""What of assistance is switched on. Costs no query."""

from portal.extensions import setting
from portal.models.assistance import Suggested, Target


def suggested_targets() -> list[Target]:
    return [target for target in Target if target in setting("ASSISTANCE_SUGGESTIONS")]


def acted_targets() -> list[Target]:
    """What the desk sets by itself."""
    return [target for target in Target if target in setting("ASSISTANCE_ACTIONS")]


def learns() -> bool:
    """Whether anything is wanted that has to be learned."""
    return bool(suggested_targets() or acted_targets())


def suggests(what: Suggested) -> bool:
    return what in setting("ASSISTANCE_SUGGESTIONS")


def is_shown() -> bool:
    """Whether there is anything to show beside a ticket."""
    return bool(setting("ASSISTANCE_SUGGESTIONS") or setting("ASSISTANCE_ACTIONS"))
