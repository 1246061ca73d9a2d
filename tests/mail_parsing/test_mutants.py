"""Damaged mails are taken apart all the same, in seconds and memory that the process keeps."""

from io import BytesIO
from random import SystemRandom

from portal import mail_html
from portal.mail_parsing.message import TooDeepError
from portal.mail_parsing.process import Parser, UnreadableError
from tests.mail_parsing.mutants import mutants

COUNT = 300


def test_no_damage_ends_the_process_or_loses_words() -> None:
    seed = SystemRandom().randrange(2**32)
    with Parser() as parser:
        for done, raw in mutants(seed, COUNT):
            what = f"seed {seed}: {done}"
            try:
                found = parser.parse(BytesIO(raw), len(raw))
            except UnreadableError as error:
                # Whatever is nested too deeply is refused; anything else is a fault of ours.
                assert TooDeepError.__name__ in str(error), f"{what}: {error}"  # noqa: PT017
                continue
            assert found.text or not found.rest, what
            assert len(found.files) <= 500, what
            assert "<script" not in mail_html.show(found.html, {}), what


def test_the_same_seed_damages_the_same_mails_in_the_same_way() -> None:
    assert list(mutants(7, 20)) == list(mutants(7, 20))
    assert list(mutants(7, 20)) != list(mutants(8, 20))
