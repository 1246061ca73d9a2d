"""What the language model is asked to write for a ticket, ready to leave.

It has no tools: what comes back is text, which a person reads before anything is done with it.
"""

from dataclasses import dataclass
from typing import Any

from portal.errors import Invalid, ModelNotAllowed, ModelNotSetUp, NotesStay
from portal.extensions import setting
from portal.model_settings import ModelServer
from portal.models.assistance import ModelTask
from portal.models.people import Actor
from portal.models.tickets import Ticket
from portal.queries.assistance import model_permissions
from portal.redaction import PutBack, Redacted, Redactor
from portal.security import permissions
from portal.services.assistance import prompts
from portal.services.assistance.chat import Chat
from portal.services.assistance.material import Conversation
from portal.services.tickets.comments import MAX_MESSAGE

# Of a text that is written anew.
MAX_TEXT = 16_000
REWRITES = frozenset({ModelTask.SHORTER, ModelTask.FRIENDLIER, ModelTask.LANGUAGE})
# Those whose answer is for the composer.
WRITES = REWRITES | {ModelTask.DRAFT}


@dataclass(frozen=True)
class Order:
    """What leaves, and what is put back into the answer. It holds no row of the database."""

    task: ModelTask
    server: ModelServer
    messages: prompts.Messages
    redactor: Redactor
    ticket_id: int | None = None

    @property
    def tokens(self) -> int:
        """The most that it may cost, about."""
        sent = sum(prompts.estimated_tokens(message["content"]) for message in self.messages)
        return sent + self._most_tokens

    @property
    def redacted(self) -> list[Redacted]:
        return self.redactor.redacted

    def chat(self) -> Chat:
        return Chat(self.server, self.messages, most_tokens=self._most_tokens)

    @property
    def _most_tokens(self) -> int:
        return prompts.most_tokens(self.task, self.messages[-1]["content"])

    def put_back(self) -> PutBack:
        return self.redactor.put_back()


def is_offered(actor: Actor, organization_id: int) -> bool:
    """Whether pages show the buttons. Asks nothing where no model is set up."""
    if setting("AI") is None or not permissions.can_ask_model(actor):
        return False
    return model_permissions.is_allowed(organization_id)


def prepare(
    *, actor: Actor, ticket: Ticket, task: ModelTask, text: str = "", internal: bool = False
) -> Order:
    """`text` is what stands in the composer, `internal` whether that is a note.

    Raises Forbidden, ModelNotSetUp, ModelNotAllowed, NotesStay, Invalid.
    """
    server = _require_server(actor)
    if not model_permissions.is_allowed(ticket.organization_id):
        raise ModelNotAllowed
    _check_text(task, text, internal=internal)
    found = Conversation(actor, ticket)
    redactor = found.redactor()
    language = actor.locale if task is ModelTask.SUMMARY else found.language()
    told = _material(found, redactor, task, text)
    return Order(task, server, prompts.messages(task, language, told), redactor, ticket.id)


def trial(*, actor: Actor) -> Order:
    """A call that says nothing of anybody, to see whether the model answers."""
    permissions.require(permissions.can_change_settings(actor))
    server = _require_server(actor)
    task = ModelTask.TRIAL
    return Order(task, server, prompts.messages(task, "en", {}), Redactor())


def _require_server(actor: Actor) -> ModelServer:
    permissions.require(permissions.can_ask_model(actor))
    server: ModelServer | None = setting("AI")
    if server is None:
        raise ModelNotSetUp
    return server


def _check_text(task: ModelTask, text: str, *, internal: bool) -> None:
    if task not in WRITES:
        return
    if internal and text.strip():
        raise NotesStay
    if task in REWRITES and not text.strip():
        raise Invalid(text="required")
    if len(text) > (MAX_TEXT if task in REWRITES else MAX_MESSAGE):
        raise Invalid(text="too_long")


def _material(
    found: Conversation, redactor: Redactor, task: ModelTask, text: str
) -> dict[str, Any]:
    if task in REWRITES:
        return {"text": redactor.redact(text)}
    told = found.ticket(redactor)
    if task is ModelTask.DRAFT:
        told |= found.examples(redactor)
        if text.strip():
            told["begun"] = redactor.redact(text, MAX_TEXT)
    return told
