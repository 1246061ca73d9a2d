"""What walks a list does each item alone."""

from typing import Any

import pytest
from rq.timeouts import JobTimeoutException

from portal.isolation import attempt, attempt_each, attempt_together


def test_one_that_fails_is_named_in_the_log_and_the_others_are_done(
    caplog: pytest.LogCaptureFixture,
) -> None:
    done = []

    def do(item: int) -> None:
        done.append(1 // item)

    attempt_each("thing", do, [1, 0, 1])
    assert done == [1, 1]
    assert [record.getMessage() for record in caplog.records] == ["thing 0 failed"]


def test_one_alone_answers_what_came_of_it() -> None:
    assert attempt("thing", lambda item: 6 // item, 2) == 3
    assert attempt("thing", lambda item: 6 // item, 0) is None


def test_the_end_of_the_time_of_all_is_nobodys_failure() -> None:
    def do(_item: Any) -> None:
        raise JobTimeoutException

    with pytest.raises(JobTimeoutException):
        attempt_each("thing", do, [1])
    with pytest.raises(JobTimeoutException):
        attempt_together("thing", do, {1: 1})


def test_what_is_done_together_is_done_by_ones_when_that_fails() -> None:
    taken: list[list[str]] = []

    def do(items: list[str]) -> None:
        if "bad" in items:
            raise ValueError
        taken.append(items)

    assert attempt_together("thing", do, {1: "a", 2: "b"}) == []
    assert taken == [["a", "b"]]
    taken.clear()
    assert attempt_together("thing", do, {1: "a", 2: "bad", 3: "c"}) == [2]
    assert taken == [["a"], ["c"]]


def test_what_says_nothing_about_any_item_is_passed_on() -> None:
    def do(items: list[str]) -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        attempt_together("thing", do, {1: "a"}, unless=(OSError,))
