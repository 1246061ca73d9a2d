"""The dialogues of LMTP (RFC 2033) and SMTP (RFC 5321), on aiosmtpd's.

There is no AUTH and no way on to other servers: whoever can connect may bring mail for the desk.
"""

from asyncio import BaseTransport, Protocol, WriteTransport
from typing import TYPE_CHECKING

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP

from jobs.receiving import arriving
from portal.mail_parsing.process import MAX_BYTES

if TYPE_CHECKING:
    from jobs.receiving.reception import Reception

# Between two commands, or two pieces of a mail; and for what is beyond the limit, altogether.
_SILENCE_SECONDS = 60.0
# The database may be waited for.
_KEEPING_SECONDS = 120.0
_GOODBYE = b"421 4.3.2 stopping, come back soon"


class Dialogue(SMTP):
    """One connection."""

    # The limit of the reader's buffer; commands are short all the same.
    line_length_limit = arriving.PIECE

    def __init__(self, reception: "Reception") -> None:
        super().__init__(
            reception,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname=reception.hostname,
            ident="Lodge",
            timeout=_SILENCE_SECONDS,
        )
        self._reception = reception
        # While a mail is on its way or being kept.
        self._is_busy = False
        self._is_leaving = False

    def connection_lost(self, error: Exception | None) -> None:
        """Also of one that was refused at the end of the process."""
        super().connection_lost(error)
        self._reception.gone(self)

    def leave(self) -> None:
        """Part, after the mail at hand."""
        self._is_leaving = True
        if not self._is_busy:
            self._part()

    async def smtp_AUTH(self, _arg: str) -> None:  # noqa: N802 - the name is aiosmtpd's
        await self.push("502 5.5.1 there is no AUTH here")

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """Take a mail, and answer once it is kept for each recipient."""
        if await self.check_helo_needed():
            return
        envelope = self.envelope
        if envelope is None or not envelope.rcpt_tos:
            await self.push("503 5.5.1 first say for whom it is")
            return
        if arg:
            await self.push("501 5.5.4 DATA takes nothing")
            return
        self._is_busy = True
        try:
            await self._take(envelope.rcpt_tos)
        finally:
            self._is_busy = False
        if self._is_leaving:
            self._part()

    async def _take(self, recipients: list[str]) -> None:
        await self.push("354 end with a dot alone in its line")
        try:
            arrived = await arriving.read(
                self._reader,
                limit=MAX_BYTES,
                folder=self._reception.folder,
                came=self._reset_timeout,
            )
        except OSError as error:
            # What is still to come is no command.
            self._part(self._reception.refusal(error).encode())
            return
        self._reset_timeout(_KEEPING_SECONDS)
        answers = await self._reception.keep(arrived, recipients)
        self._reset_timeout()
        self.envelope = self._create_envelope()
        for answer in self._said(answers):
            await self.push(answer)

    def _said(self, answers: list[str]) -> list[str]:
        """One answer for all: a mail that is not kept for one of them has to come again."""
        return [next((one for one in answers if not one.startswith("2")), answers[0])]

    def _part(self, saying: bytes = _GOODBYE) -> None:
        """Without waiting until that is read."""
        if self.transport is not None and not self.transport.is_closing():
            self._writer.write(saying + b"\r\n")
            self.transport.close()


class LmtpDialogue(Dialogue, LMTP):
    """Each recipient has an answer of its own."""

    def _said(self, answers: list[str]) -> list[str]:
        return answers


class Crowded(Protocol):
    """Sends a client away, when there are too many."""

    def connection_made(self, transport: BaseTransport) -> None:
        if isinstance(transport, WriteTransport):
            transport.write(b"421 4.3.2 too many connections, come back soon\r\n")
        transport.close()
