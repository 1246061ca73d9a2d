"""The file store is looked through in parts."""

import io
from datetime import timedelta

import pytest
from flask import Flask

from jobs.parts import files
from portal import clock
from portal.errors import NotFound
from portal.storage import SHARDS


def test_a_file_that_no_row_names_is_removed_within_a_day_of_sweeps(app: Flask) -> None:
    storage = app.extensions["lodge.storage"]
    key = storage.put(io.BytesIO(b"left behind"), limit=100).key
    tomorrow = clock.now() + timedelta(days=1, minutes=1)
    for minute in range(SHARDS):
        with clock.at(tomorrow + timedelta(minutes=minute)), app.app_context():
            files.remove_orphans()
    with pytest.raises(NotFound):
        storage.open(key)
