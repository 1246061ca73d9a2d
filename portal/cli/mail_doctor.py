"""`flask mail-doctor`: what keeps mail away, whether it comes, and what would become of one."""

import sys
from collections.abc import Iterable
from pathlib import Path
from time import monotonic, sleep

import click
from flask.cli import with_appcontext

from portal.errors import TooLarge
from portal.extensions import db
from portal.inbound import dry_run, trial
from portal.inbound.dry_run import DryRun
from portal.inbound.trial import Trial
from portal.mail_doctor.finding import Examined, Level, is_wrong
from portal.models.inbound.mail_trial import PATIENCE
from portal.queries.inbound import mailboxes

_LEVELS = {Level.OK: "ok", Level.WARNING: "warn", Level.WRONG: "FAIL"}
_PAUSE_SECONDS = 1.0


@click.command("mail-doctor")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.option("--selector", "selectors", multiple=True, help="The name of your DKIM key.")
@click.option("--no-trial", is_flag=True, help="Send no mail to the mailboxes.")
@click.option(
    "--dry-run",
    "file",
    type=click.Path(path_type=Path),
    help="Show what would become of the mail in FILE (- is standard input), and change nothing.",
)
@with_appcontext
def mail_doctor(
    addresses: tuple[str, ...], selectors: tuple[str, ...], *, no_trial: bool, file: Path | None
) -> None:
    """Look at the desk's mail: settings, server, DNS; and send a mail to each mailbox.

    Looks at the domains of ADDRESS instead of the desk's own, if any is given. Waits up to two
    minutes for the mails. The exit code is 1 when something is wrong.
    """
    if file is not None:
        _print_dry_run(_run(file))
        return
    failed = is_wrong(_examine(addresses, selectors))
    if not no_trial:
        failed = not _arrives() or failed
    if failed:
        raise SystemExit(1)


def _examine(addresses: tuple[str, ...], selectors: tuple[str, ...]) -> list[Examined]:
    from portal.inbound import examination  # late: it loads a DNS client

    try:
        found = examination.examine(addresses, selectors)
    except ValueError:
        raise click.ClickException("that is no mail address") from None
    for group in found:
        click.echo(group.name)
        for finding in group.findings:
            click.echo(f"  {_LEVELS[finding.level]:<5}{finding.sentence}")
            if finding.detail:
                click.echo(f"       {_printable(finding.detail)}")
    return found


def _arrives() -> bool:
    """Send a mail to each mailbox, wait for all of them, and print what became of each."""
    click.echo("Trial")
    sent = trial.send_trials()
    waiting = {one.token.mailbox_id: one for one in sent if one.error is None}
    for one in sent:
        if one.error is not None:
            text = f"the mail did not leave: {_printable(one.error)}"
            click.echo(f"  FAIL {one.address}: {text}")
    left, arrived = len(waiting), 0
    until = monotonic() + PATIENCE.total_seconds()
    while waiting and monotonic() < until:
        sleep(_PAUSE_SECONDS)
        arrived += _report(waiting)
    for one in waiting.values():
        click.echo(f"  FAIL {one.address}: the mail has left, and has not arrived")
    return arrived == left == len(sent)


def _report(waiting: dict[int, Trial]) -> int:
    """Print and wait no more for those that came, or came back; how many came."""
    db.session.rollback()  # what others have written since
    arrived = 0
    for mailbox_id, found in mailboxes.trials().items():
        if mailbox_id not in waiting or not (found.arrived_at or found.error):
            continue
        one = waiting.pop(mailbox_id)
        if found.arrived_at:
            arrived += 1
            click.echo(f"  ok   {one.address}: arrived after {found.seconds} s")
        else:
            click.echo(f"  FAIL {one.address}: {_printable(found.error or '')}")
    return arrived


def _run(file: Path) -> DryRun:
    try:
        raw = sys.stdin.buffer.read(dry_run.MAX_BYTES + 1) if str(file) == "-" else _read(file)
        return dry_run.run(raw)
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    except TooLarge:
        limit = dry_run.MAX_BYTES // 1024 // 1024
        raise click.ClickException(f"{file} is larger than {limit} MB") from None


def _read(file: Path) -> bytes:
    with file.open("rb") as source:
        return source.read(dry_run.MAX_BYTES + 1)


def _print_dry_run(run: DryRun) -> None:
    click.echo("Nothing was changed. It would be so:")
    known = f"mail {run.known_id}" if run.known_id else ""
    pairs = [("mailbox", run.mailbox), ("state", run.state), ("reason", run.reason)]
    pairs += [("error", run.error), ("had before as", known)]
    if (found := run.analysis) is not None:
        role = found.sender_role or "no account"
        pairs += [("sender", f"{found.sender or 'none'} ({role})"), ("DMARC", found.dmarc)]
        pairs += [("subject", found.words.subject), ("text", found.words.message[:2_000])]
        pairs += [("folded", f"{len(found.words.rest)} letter(s)" if found.words.rest else "")]
        pairs += [("file", file.filename) for file in found.mail.files]
        pairs += [
            ("ticket", f"{one.number} by {one.sign}, {'visible' if one.is_open_to else 'hidden'}")
            for one in found.found
        ]
    pairs += [
        ("mail", " ".join(filter(None, (o.recipient, o.template, o.reason)))) for o in run.owed
    ]
    _print_pairs(pairs)
    click.echo("journey")
    for line in run.journey:
        facts = {name: value for name, value in line.items() if name not in {"at", "step"}}
        text = ", ".join(f"{name}={value}" for name, value in facts.items())
        click.echo(_printable(f"  {line['step']}: {text}"))


def _print_pairs(pairs: Iterable[tuple[str, str | None]]) -> None:
    for name, value in pairs:
        if value:
            click.echo(f"{name + ':':<16}{_printable(value)}".replace("\n", f"\n{'':<16}"))


def _printable(text: str) -> str:
    """Without the codes by which a stranger could command the terminal."""
    return "".join(sign for sign in text if sign.isprintable() or sign == "\n")
