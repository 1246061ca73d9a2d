"""Pictures of a mail inside its HTML: those that it names, in bounds."""

from base64 import b64decode
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.ctx import AppContext

from portal.web.files import mail_pictures
from tests import pictures

PNG = pictures.png(3, 2)


def file(app: Flask, name: str, **changes: Any) -> Any:
    stored = app.extensions["lodge.storage"].put(BytesIO(PNG), limit=len(PNG))
    known = {
        "content_id": name,
        "filename": "a.png",
        "content_type": "image/png",
        "size": len(PNG),
        "storage_key": stored.key,
        "thumbnail": None,
        "thumbnail_size": None,
    }
    return SimpleNamespace(**known | changes)


def shown(files: list[Any], *names: str) -> dict[str, str]:
    return mail_pictures.as_data(files, frozenset(names))


def test_a_named_picture_is_its_bytes(app: Flask, context: AppContext) -> None:
    found = shown([file(app, "Logo@x"), file(app, "other@x")], "logo@x")
    assert list(found) == ["logo@x"]
    head, _, data = found["logo@x"].partition(",")
    assert (head, b64decode(data)) == ("data:image/png;base64", PNG)


def test_without_a_name_for_it_its_file_name_counts(app: Flask, context: AppContext) -> None:
    assert shown([file(app, "")], "a.png")


@pytest.mark.parametrize("kind", ["application/pdf", "application/octet-stream"])
def test_what_is_no_picture_is_none(app: Flask, context: AppContext, kind: str) -> None:
    assert not shown([file(app, "a", content_type=kind)], "a")


def test_of_a_large_one_the_small_one_is_shown(
    app: Flask, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_pictures, "_LARGEST", len(PNG) - 1)
    small = file(app, "a")
    small.thumbnail, small.thumbnail_size, small.storage_key = small.storage_key, len(PNG), "gone"
    found = shown([small, file(app, "b")], "a", "b")
    assert list(found) == ["a"]
    assert found["a"].startswith("data:image/webp;")


def test_there_are_no_more_than_fit(
    app: Flask, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_pictures, "_MOST", 2 * len(PNG))
    assert len(shown([file(app, name) for name in "abc"], *"abc")) == 2


def test_a_file_that_is_gone_is_left_out(app: Flask, context: AppContext) -> None:
    assert not shown([file(app, "a", storage_key="0" * 32)], "a")
