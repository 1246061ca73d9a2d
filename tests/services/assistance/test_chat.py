"""The call of a model: what its server may say, and what it may not."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.ctx import AppContext

from portal.model_settings import ModelServer
from portal.models.assistance import ModelTask
from portal.services.assistance import chat, prompts
from portal.services.assistance.chat import Chat, ChatError
from portal.services.assistance.reasoning import without_reasoning
from tests import timing
from tests.model_server import KEY, MODEL, FakeModel, model_server


@pytest.fixture
def fake(bare_context: AppContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    with model_server() as made:
        allowed = frozenset({("127.0.0.1", made.port)})
        monkeypatch.setitem(bare_context.app.config, "OUTBOUND_ALLOW", allowed)
        yield made


def call(fake: FakeModel, *, key: str = KEY, model: str = MODEL) -> Chat:
    server = ModelServer(f"{fake.url}/chat/completions", model, key)
    messages = prompts.messages(ModelTask.SUMMARY, "en", {"subject": "Cold"})
    return Chat(server, messages, most_tokens=100)


def said(made: Chat, seconds: float = 20) -> str:
    return "".join(made.pieces(seconds))


def problem(made: Chat, seconds: float = 20) -> str:
    with pytest.raises(ChatError) as caught:
        said(made, seconds)
    return caught.value.reason


def stream(*chunks: object) -> bytes:
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks)


def test_an_answer_comes_in_pieces_with_what_it_cost(fake: FakeModel) -> None:
    made = call(fake)
    assert list(made.pieces(20)) == ["Hello", " there."]
    assert made.usage == (42, False)
    assert fake.asked[0]["model"] == MODEL


def test_a_server_that_does_not_stream_is_understood(fake: FakeModel) -> None:
    fake.media_type = "application/json"
    fake.raw = json.dumps(
        {"choices": [{"message": {"content": "Hi"}}], "usage": {"total_tokens": 7}}
    ).encode()
    made = call(fake)
    assert said(made) == "Hi"
    assert made.usage == (7, False)


def test_a_wrong_key_or_model_costs_nothing(fake: FakeModel) -> None:
    for made, reason in ((call(fake, key="wrong"), "key"), (call(fake, model="huge"), "model")):
        assert problem(made) == reason
        assert made.usage.tokens == 0


@pytest.mark.parametrize(
    ("status", "reason"),
    [(402, "paid"), (429, "limit"), (422, "refused"), (500, "server"), (302, "answer")],
)
def test_each_refusal_has_its_reason(fake: FakeModel, status: int, reason: str) -> None:
    fake.status = status
    assert problem(call(fake)) == reason


@pytest.mark.parametrize(
    "raw",
    [
        *(b"<html>Sign in</html>", b"", b"null", b"[1]", b"[" * 100_000, b"\xff\xfe"),
        *(b'{"choices": 1}', b'{"choices": [null]}', b'{"choices": [{"message": [1]}]}'),
        *(b'{"choices": [{"message": {"content": {"a": 1}}}]}', b'{"error": {"message": "x"}}'),
    ],
)
def test_json_that_is_no_answer_is_none(fake: FakeModel, raw: bytes) -> None:
    fake.media_type, fake.raw = "application/json", raw
    assert problem(call(fake)) in {"answer", "empty", "server"}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"<html>", "cut"),
        (b"data: <html>\n\n", "answer"),
        (b"data: 7\n\n", "answer"),
        (b"data: " + b"x" * 200_000 + b"\n\n", "answer"),
        (stream({"error": {"message": "overloaded"}}), "server"),
        (stream({"choices": [{"delta": {"content": None}}]}) + b"data: [DONE]\n", "empty"),
        (stream({"choices": [{"delta": {"content": " \n"}}]}) + b"data: [DONE]\n", "empty"),
        (stream({"choices": [{"delta": {"content": "a"}}]}), "cut"),
    ],
)
def test_a_stream_that_is_none_or_ends_early_is_known(
    fake: FakeModel, raw: bytes, reason: str
) -> None:
    fake.raw = raw
    assert problem(call(fake)) == reason


def test_html_instead_of_a_stream_is_no_answer(fake: FakeModel) -> None:
    fake.media_type = "text/html"
    assert problem(call(fake)) == "answer"


def test_a_stream_that_breaks_off_has_given_what_came(fake: FakeModel) -> None:
    fake.cut = True
    made, came = call(fake), []
    with pytest.raises(ChatError) as caught:
        came.extend(made.pieces(20))
    assert caught.value.reason in {"cut", "answer"}
    assert not came or "".join(came) == "Hello there."


@pytest.mark.threat("floods")
def test_a_model_that_never_ends_is_broken_off(
    fake: FakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat, "_MOST_BYTES", 30_000)
    fake.endless = True
    assert problem(call(fake)) in {"cut", "answer"}


@pytest.mark.threat("slow clients")
def test_a_model_that_is_silent_is_not_waited_for(fake: FakeModel) -> None:
    fake.raw, fake.status = b"", 200
    import threading

    fake.raw, fake.hold = None, threading.Event()
    assert timing.within(10, lambda: problem(call(fake), 0.2) == "timeout")


def test_an_answer_that_became_too_long_is_not_whole(fake: FakeModel) -> None:
    begun = {"choices": [{"delta": {"content": "Half a sen"}}]}
    ended = {"choices": [{"delta": {}, "finish_reason": "length"}]}
    fake.raw = stream(begun, ended) + b"data: [DONE]\n\n"
    made, came = call(fake), []
    with pytest.raises(ChatError, match="cut"):
        came.extend(made.pieces(20))
    assert came == ["Half a sen"]


def test_nobody_there_is_said(fake: FakeModel, bare_context: AppContext) -> None:
    made = call(replace(fake, port=9))
    assert problem(made) == "url"
    assert made.usage.tokens == 0


@pytest.mark.parametrize("usage", [None, "x", {}, {"total_tokens": -1}, {"total_tokens": 10**12}])
def test_usage_that_is_missing_or_absurd_is_estimated(fake: FakeModel, usage: object) -> None:
    fake.usage = usage
    made = call(fake)
    said(made)
    assert made.usage.estimated
    assert 100 < made.usage.tokens < 1000


def test_what_no_text_may_hold_is_left_out(fake: FakeModel) -> None:
    fake.pieces = ["a\x00\ud800b", "\r\nc", "\x1b[1md"]
    assert said(call(fake)) == "ab\nc[1md"


@pytest.mark.parametrize(
    ("pieces", "left"),
    [
        (["<thi", "nk>hm</th", "ink>\n\nYes", "."], "Yes."),
        (["<think>never ends"], ""),
        (["  <", "b>bold"], "<b>bold"),
        (["no <think>x</think>"], "no <think>x</think>"),
        (["<"], "<"),
        ([], ""),
    ],
)
def test_what_a_model_thinks_aloud_is_left_out(pieces: list[str], left: str) -> None:
    assert "".join(without_reasoning(pieces)) == left


@pytest.mark.threat("secrets in logs")
def test_the_key_is_not_shown() -> None:
    assert KEY not in repr(ModelServer("https://x.example/v1/chat/completions", MODEL, KEY))
