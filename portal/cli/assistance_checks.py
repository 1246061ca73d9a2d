"""Checks of `flask doctor` on assistance."""

from portal.cli.finding import OK, WARN, Finding, Findings
from portal.extensions import setting
from portal.queries.assistance import waiting, wanted

# Fewer say little, whatever was measured.
_FEW = 100


def assistance() -> Findings:
    """What is switched on, and what it knows."""
    if not wanted.is_shown():
        yield Finding(OK, "switched off: ASSISTANCE_SUGGESTIONS names nothing")
        return
    if not wanted.learns():
        yield Finding(OK, "on; nothing of it has to be learned")
        return
    state = waiting.state()
    tickets = state.progress.tickets if state.progress else 0
    said = f"{tickets} solved tickets are learned, {state.waiting} changes wait"
    if tickets < _FEW:
        yield Finding(WARN, f"{said}: too few to suggest much")
    else:
        yield Finding(OK, said)
    if wanted.acted_targets():
        percent = setting("ASSISTANCE_ACTS_FROM")
        acts = f"{state.acts} times set by itself from {percent} % on, {state.undone} times undone"
        yield Finding(OK, acts)
