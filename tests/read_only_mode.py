"""Lets a desk of a test take no changes, or take them again."""

from datetime import timedelta

from flask import Flask

from portal import clock
from portal.extensions import begin_maintenance_write, db
from portal.services.operations import read_only


def change_mode(app: Flask, *, minutes: int | None = 30, on: bool = True) -> None:
    with app.app_context():
        begin_maintenance_write()
        if on:
            read_only.begin(None if minutes is None else clock.now() + timedelta(minutes=minutes))
            read_only.close()
        else:
            read_only.end()
        db.session.commit()
