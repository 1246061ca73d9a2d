"""The program: looks at the rows again and again, and hears when it is to end."""

import logging
import signal

from sqlalchemy.exc import SQLAlchemyError

from jobs import job
from jobs.fetching.crew import Crew
from jobs.process import settle
from jobs.running import application
from portal.errors import ConfigError, NotConfigured, ReadOnlyDesk
from portal.extensions import begin_write, setting
from portal.inbound_url import Fetching
from portal.services.inbound import mailboxes

log = logging.getLogger(__name__)

# A change of a mailbox is heard of within so many seconds; much less than a lease lasts.
LOOK_SECONDS = 15.0
_END_SECONDS = 1.5
_ENDING = {signal.SIGTERM, signal.SIGINT}


def work() -> None:
    """Fetch until told to end. Raises ConfigError."""
    # They wait until we ask. Under `make run` Ctrl-C is blocked already: its supervisor hears it.
    heard = _ENDING - signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    app = application()
    settle()
    crew = Crew(app)
    is_followed = False
    while True:
        try:
            # As soon as the desk takes changes: a start while it is read-only waits for that.
            if not is_followed:
                with app.app_context():
                    follow_setting()
                is_followed = True
            crew.look()
        except ReadOnlyDesk:
            log.info("the desk is read-only: mail waits in its mailboxes")
        except SQLAlchemyError as error:
            log.warning("the database gives no mailboxes: %s", type(error).__name__)
        if signal.sigtimedwait(heard, LOOK_SECONDS) is not None:
            break
    crew.end(_END_SECONDS)


@job
def follow_setting() -> None:
    """The desk's first mailbox is the one that INBOUND_URL names, if it names one."""
    source = setting("INBOUND_URL")
    if not isinstance(source, Fetching):
        return
    begin_write()
    try:
        mailboxes.follow(source)
    except NotConfigured:
        raise ConfigError(
            "INBOUND_URL has a password, so ENCRYPTION_MASTER_KEY is needed"
        ) from None
