"""The check of `flask doctor` on the language model."""

from portal.cli.finding import FAIL, OK, WARN, Finding, Findings
from portal.extensions import setting
from portal.queries.assistance import model_calls
from portal.security.delivery import outbound
from portal.security.delivery.outbound import OutboundError


def model() -> Findings:
    """It is not asked: each call costs."""
    server, health = setting("AI"), model_calls.health()
    if server is None or health is None:
        yield Finding(OK, "AI_URL is not set: nothing leaves for a language model")
        return
    try:
        outbound.check(server.url)
    except OutboundError as error:
        what = f"add {_authority(server.host, server.url)} to OUTBOUND_ALLOW"
        why = f"may not be called from here: {what}" if error.code == "url" else "cannot be reached"
        yield Finding(FAIL, f"{server.host} {why}, if it is yours")
    if health.is_failing:
        yield Finding(WARN, f"its last calls failed: {health.reason}")
    if health.tokens >= health.budget:
        yield Finding(WARN, f"AI_TOKENS_A_DAY is used up: {health.tokens} of {health.budget}")
    yield Finding(
        OK, f"{server.model} at {server.host}, {health.tokens} of {health.budget} tokens today"
    )


def _authority(host: str, url: str) -> str:
    """With its port, as OUTBOUND_ALLOW wants it."""
    if ":" in host.rpartition("]")[2]:
        return host
    return f"{host}:{443 if url.startswith('https:') else 80}"
