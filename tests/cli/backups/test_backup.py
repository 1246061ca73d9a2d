"""`flask backup` and `flask restore`: all of it comes back, on both databases, also under load."""

import errno
import json
import os
import re
import subprocess
import threading
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest
import time_machine
from alembic import command
from click.testing import Result
from flask import Flask

from jobs.parts import logs
from portal import clock, schema
from portal.backups import BackupError, contents, sqlite
from portal.cli import migrations
from portal.cli.backups.backup import backup
from portal.cli.backups.restore import restore
from portal.cli.doctor import doctor
from portal.extensions import db
from portal.models.delivery import Outbox
from portal.models.operations import HeartbeatName
from portal.models.organizations import Invitation, Organization
from portal.models.people import OrganizationRole, User, UserSession
from portal.models.tickets import Attachment, Ticket
from portal.queries.operations import action_log, heartbeats
from portal.services.operations import heartbeats as services
from portal.services.organizations import invitations
from portal.storage import Folder, open_storage
from portal.webhook_pages.labels import REASON_LABELS
from tests import factories, webhooks
from tests.cast import Cast
from tests.conftest import MakeApp
from tests.databases import Database
from tests.page import Visitor
from tests.waiting import PATIENCE, wait_for

DATA = b"\x00attached\xff" * 1000


def run(app: Flask, *words: object) -> Result:
    command = {"backup": backup, "restore": restore}[str(words[0])]
    return app.test_cli_runner().invoke(command, [str(word) for word in words[1:]])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "monday"


@pytest.fixture
def desk(app: Flask, cast: Cast, client: Visitor) -> Flask:
    """A desk with a ticket, a file, somebody signed in, and mail that is owed."""
    client.sign_in(cast.ann)
    fields = {"subject": "Cold", "message": "It is.", "priority": "low"}
    client.post("/tickets/new", {**fields, "attachments": (BytesIO(DATA), "photo.bin")})
    return app


@pytest.fixture
def other(another_app: MakeApp, empty_database: Database, tmp_path: Path, desk: Flask) -> Flask:
    """Another machine: nothing in its database, nothing in its store."""
    return another_app(DATABASE_URL=empty_database.url, FILES_URL=f"file://{tmp_path}/store")


def subjects(app: Flask) -> list[str]:
    with app.app_context():
        return [ticket.subject for ticket in db.session.query(Ticket).order_by(Ticket.id)]


def refusal(result: Result) -> str:
    """The one line of a command that was refused."""
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    return result.output.splitlines()[-1]


def test_a_restored_desk_is_the_one_that_was_backed_up(
    desk: Flask, other: Flask, target: Path
) -> None:
    made = run(desk, "backup", target)
    assert made.exit_code == 0, made.output
    assert made.output.splitlines()[-1].startswith(f"{target}: ")
    done = run(other, "restore", target)
    assert done.exit_code == 0, done.output
    assert subjects(other) == ["Cold"]
    with other.app_context():
        [attachment] = db.session.query(Attachment)
        with other.extensions["lodge.storage"].open(attachment.storage_key) as file:
            assert file.read() == DATA
        assert schema.database_revision(db.session.connection()) == schema.latest_revision()
    factories.file_ticket(other, _ann(other), "After")
    assert subjects(other) == ["Cold", "After"]
    page = Visitor(other).sign_in(_ann(other)).get("/tickets/?q=Cold")
    assert "REQ000001" in page.text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_restored_database_is_its_owner_s_alone(
    desk: Flask, other: Flask, empty_database: Database, target: Path
) -> None:
    run(desk, "backup", target)
    run(other, "restore", target)
    file = Path(empty_database.url.removeprefix("sqlite:///"))
    assert file.stat().st_mode & 0o077 == 0


def _ann(app: Flask):  # type: ignore[no-untyped-def]
    with app.app_context():
        return db.session.query(User).filter_by(email="ann@example.com").one().actor


def test_a_restored_desk_lets_nobody_in_and_sends_nothing_by_itself(
    desk: Flask, other: Flask, target: Path, client: Visitor
) -> None:
    run(desk, "backup", target)
    run(other, "restore", target)
    with other.app_context():
        assert db.session.query(UserSession).count() == 0
        assert {row.state for row in db.session.query(Outbox)} == {"parked"}
        assert {user.epoch for user in db.session.query(User)} == {1}
    visitor = Visitor(other)
    visitor.set_cookie(client.cookie())
    assert "/auth/login" in visitor.get("/tickets/", 303).location


def test_what_was_owed_to_webhooks_and_invitations_do_not_come_back(
    desk: Flask, other: Flask, cast: Cast, target: Path
) -> None:
    webhooks.create_webhook(desk, cast.ann, "https://hooks.example.com/lodge")
    factories.file_ticket(desk, cast.ann)
    with factories.writing(desk):
        db.session.get_one(Organization, cast.ann.organization_id).personal = False
        invitations.invite(actor=cast.ann, email="zoe@example.com", role=OrganizationRole.USER)
    run(desk, "backup", target)
    assert run(other, "restore", target).exit_code == 0
    [delivery] = webhooks.deliveries(other)
    assert (delivery.state, delivery.error) == ("parked", "restored")
    assert delivery.error in REASON_LABELS
    with other.app_context():
        [invitation] = db.session.query(Invitation)
        assert invitation.revoked_at is not None
        assert abs(clock.now() - invitation.revoked_at).total_seconds() < 60


def test_a_backup_can_be_checked_without_lodge(desk: Flask, target: Path) -> None:
    run(desk, "backup", target)
    checked = subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=target)
    assert checked.returncode == 0
    assert {path.stat().st_mode & 0o077 for path in target.rglob("*")} == {0}


def test_the_age_of_the_last_backup_is_known(desk: Flask, target: Path) -> None:
    run(desk, "backup", target)
    with desk.app_context():
        age = heartbeats.age(HeartbeatName.BACKUP)
    assert age is not None
    assert age.total_seconds() < 60


def test_under_load_the_copy_is_of_one_moment(
    desk: Flask, other: Flask, cast: Cast, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_PAGES", 1)  # many steps, with writes between them
    over = threading.Event()
    acked: list[str] = []

    def write() -> None:
        while not over.is_set():
            acked.append(factories.file_ticket(desk, cast.ann, f"Matter {len(acked)}").number)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        wait_for(lambda: len(acked) >= 20, "written")
        before = len(acked)
        made = run(desk, "backup", target)
        after = len(acked)
    finally:
        over.set()
        for writer in writers:
            writer.join(PATIENCE)
    assert made.exit_code == 0, made.output
    assert after > before, "nobody wrote meanwhile"
    assert run(other, "restore", target).exit_code == 0
    with other.app_context():
        tickets = db.session.query(Ticket).count()
        assert tickets >= before
        assert db.session.query(Outbox).count() >= tickets  # each owes a mail, in one transaction
        assert tickets == len(set(_numbers(other)))


def _numbers(app: Flask) -> list[int]:
    return [row.id for row in db.session.query(Ticket.id)]


def test_a_desk_with_content_is_not_thrown_away_by_accident(desk: Flask, target: Path) -> None:
    run(desk, "backup", target)
    with desk.app_context():
        ann = _ann(desk)
    factories.file_ticket(desk, ann, "Later")
    assert "not empty" in refusal(run(desk, "restore", target))
    assert subjects(desk) == ["Cold", "Later"]
    replaced = run(desk, "restore", target, "--replace", "--yes")
    assert replaced.exit_code == 0, replaced.output
    assert subjects(desk) == ["Cold"]


def test_an_empty_schema_counts_as_empty(desk: Flask, other: Flask, target: Path) -> None:
    run(desk, "backup", target)
    with other.app_context():
        migrations.upgrade(other)
    Visitor(other).get("/health/ready")
    assert run(other, "restore", target).exit_code == 0
    assert subjects(other) == ["Cold"]


def mark(app: Flask) -> str | None:
    owner: str | None = app.extensions["lodge.storage"].owner()
    return owner


def test_the_store_is_the_restored_desk_s(desk: Flask, other: Flask, target: Path) -> None:
    run(desk, "backup", target)
    with other.app_context():
        migrations.upgrade(other)
    other.extensions["lodge.storage"].check()
    assert mark(other) != mark(desk)
    assert run(other, "restore", target).exit_code == 0
    assert mark(other) == mark(desk)
    other.extensions["lodge.storage"].check()


def test_another_desk_s_files_are_neither_backed_up_nor_restored_to(
    desk: Flask, other: Flask, another_app: MakeApp, target: Path, tmp_path: Path
) -> None:
    run(desk, "backup", target)
    strangers = other.config["FILES_URL"]
    open_storage(strangers).claim("f" * 32)
    assert "files of another desk" in refusal(run(other, "restore", target))
    astray = another_app(FILES_URL=strangers)
    assert "files of another desk" in refusal(run(astray, "backup", tmp_path / "tuesday"))
    assert [path.name for path in (tmp_path / "store").rglob("*")] == ["desk"]
    assert not (tmp_path / "tuesday").exists()


def test_files_of_nobody_knows_whom_are_not_restored_to(
    desk: Flask, other: Flask, target: Path
) -> None:
    run(desk, "backup", target)
    open_storage(other.config["FILES_URL"]).put(BytesIO(b"whose"), limit=10)
    assert "other files than this backup's" in refusal(run(other, "restore", target))


def test_a_restore_that_breaks_off_leaves_the_store_to_its_desk_and_can_be_repeated(
    desk: Flask, other: Flask, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(desk, "backup", target)
    with other.app_context():
        migrations.upgrade(other)
    other.extensions["lodge.storage"].check()
    before = mark(other)

    def fail(*_args: object) -> None:
        raise BackupError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("portal.cli.backups.restore.load", fail)
        assert "the disk is full" in refusal(run(other, "restore", target))
    assert mark(other) == before
    with monkeypatch.context() as patch:
        patch.setattr(contents, "row_count_differences", lambda *_: ["tickets"])
        assert "rows are missing" in refusal(run(other, "restore", target))
    assert mark(other) == mark(desk)
    assert run(other, "restore", target, "--replace", "--yes").exit_code == 0
    assert mark(other) == mark(desk)


def test_after_a_backup_from_before_marks_the_first_who_opens_the_store_marks_it(
    desk: Flask, other: Flask, target: Path
) -> None:
    with desk.app_context():
        command.downgrade(migrations._configuration(desk), "0015")
        try:
            run(desk, "backup", target)
        finally:
            migrations.upgrade(desk)
    change(target, schema="0015")
    with other.app_context():
        migrations.upgrade(other)
    other.extensions["lodge.storage"].check()
    assert run(other, "restore", target).exit_code == 0
    assert mark(other) is None
    with other.app_context():
        migrations.upgrade(other)
    other.extensions["lodge.storage"].check()
    assert mark(other) is not None


def test_what_is_damaged_is_refused_and_changes_nothing(
    desk: Flask, other: Flask, target: Path
) -> None:
    run(desk, "backup", target)
    [attached] = (target / "files").iterdir()
    data = bytearray(attached.read_bytes())
    data[500] ^= 1
    attached.write_bytes(data)
    assert "has changed since it was written" in refusal(run(other, "restore", target))
    attached.unlink()
    assert "is missing" in refusal(run(other, "restore", target))
    with other.app_context():
        assert db.inspect(db.engine).get_table_names() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("manifest.json", "{}"),
        ("manifest.json", "no json"),
        ("SHA256SUMS", "x"),
        ("SHA256SUMS", "0" * 64 + "  ../../etc/passwd\n"),
    ],
)
def test_what_is_no_backup_is_refused_with_one_line(
    desk: Flask, target: Path, name: str, text: str
) -> None:
    run(desk, "backup", target)
    (target / name).write_text(text)
    assert str(target) in refusal(run(desk, "restore", target))


def test_bad_input_is_one_line(desk: Flask, target: Path, tmp_path: Path) -> None:
    assert "no backup: SHA256SUMS is missing" in refusal(run(desk, "restore", tmp_path / "none"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    assert "name a new folder" in refusal(run(desk, "backup", tmp_path / "full"))
    (tmp_path / "monday.unfinished").mkdir()
    assert "broken off" in refusal(run(desk, "backup", target))
    assert not target.exists()


def change(target: Path, **values: object) -> None:
    """Rewrite the manifest as somebody else could have, sums and all."""
    import hashlib

    raw = json.loads((target / "manifest.json").read_text())
    raw.update(values)
    (target / "manifest.json").write_text(json.dumps(raw))
    lines = (target / "SHA256SUMS").read_text().splitlines()
    digest = hashlib.sha256((target / "manifest.json").read_bytes()).hexdigest()
    lines = [f"{digest}  manifest.json" if "manifest" in line else line for line in lines]
    (target / "SHA256SUMS").write_text("\n".join(lines) + "\n")


def test_another_kind_of_database_and_a_newer_schema_are_refused(
    desk: Flask, other: Flask, target: Path
) -> None:
    run(desk, "backup", target)
    raw = json.loads((target / "manifest.json").read_text())
    change(target, schema="9999")
    assert "newer Lodge" in refusal(run(other, "restore", target))
    raw["databases"]["database"]["kind"] = "oracle"
    change(target, databases=raw["databases"])
    assert "is of oracle" in refusal(run(other, "restore", target))


def test_logs_in_a_database_of_their_own_come_back_too(
    another_app: MakeApp, app: Flask, cast: Cast, empty_database: Database, tmp_path: Path
) -> None:
    target = tmp_path / "monday"
    first = another_app(LOGS_DATABASE_URL=f"sqlite:///{tmp_path}/first.sqlite3")
    factories.file_ticket(first, cast.ann)
    with first.app_context():
        migrations.prepare_logs()
        logs.seal_actions()
    made = run(first, "backup", target)
    assert made.exit_code == 0, made.output
    second = another_app(
        DATABASE_URL=empty_database.url,
        LOGS_DATABASE_URL=f"sqlite:///{tmp_path}/second.sqlite3",
        FILES_URL=f"file://{tmp_path}/store",
    )
    done = run(second, "restore", target)
    assert done.exit_code == 0, done.output
    with second.app_context():
        verdict = action_log.verify()
        assert verdict.lines > 0
        assert verdict.problems == []
    apart = another_app(DATABASE_URL=empty_database.url)
    assert "LOGS_DATABASE_URL is not set as it was" in refusal(run(apart, "restore", target))


def test_missing_files_are_told(desk: Flask, target: Path, data_dir: Path) -> None:
    for path in (data_dir / "files").glob("*/*/*"):
        path.unlink()
    result = run(desk, "backup", target)
    assert "1 files that the database names are not in the store" in refusal(result)
    assert (target / "SHA256SUMS").exists()
    with desk.app_context():
        assert heartbeats.age(HeartbeatName.BACKUP) is None, "it does not count as a fresh one"


def test_a_backup_that_lacks_files_is_told_of_beside_the_last_whole_one(
    desk: Flask, tmp_path: Path, data_dir: Path
) -> None:
    assert run(desk, "backup", tmp_path / "whole").exit_code == 0
    for path in (data_dir / "files").glob("*/*/*"):
        path.unlink()
    refusal(run(desk, "backup", tmp_path / "lacking"))
    said = desk.test_cli_runner().invoke(doctor).output
    assert re.search(r"ok +backups +the last one is 0 min \d+ s old", said)
    assert re.search(r"warn +backups +one of .* ago is incomplete", said)


def test_after_a_restore_nobody_is_blamed_for_what_has_to_be_stopped_for_it(
    desk: Flask, other: Flask, target: Path
) -> None:
    with factories.writing(desk):
        services.beat(HeartbeatName.SWEEP, HeartbeatName.WEBHOOKS)
    run(desk, "backup", target)
    later = clock.now() + timedelta(days=3)
    with time_machine.travel(later, tick=False):
        assert run(other, "restore", target).exit_code == 0
        lines = other.test_cli_runner().invoke(doctor).output.splitlines()
        said = {line.split()[1]: line for line in lines}
        for name in ("queue", "background"):
            assert said[name].startswith("warn")
            assert "since the restore" in said[name]
    with time_machine.travel(later + timedelta(minutes=1), tick=False), factories.writing(other):
        services.beat(HeartbeatName.SWEEP)
    # Whoever has started it is watched as before.
    with time_machine.travel(later + timedelta(hours=1), tick=False):
        said_now = other.test_cli_runner().invoke(doctor).output
        assert re.search(r"FAIL +background +sweep is late", said_now)


@pytest.fixture
def three_files(desk: Flask, data_dir: Path) -> list[Path]:
    """Where three attachments lie in the store."""
    for name in ("Second", "Third"):
        fields = {"subject": name, "message": "It is.", "priority": "low"}
        attached = {"attachments": (BytesIO(name.encode()), "note.txt")}
        Visitor(desk).sign_in(_ann(desk)).post("/tickets/new", {**fields, **attached})
    return sorted((data_dir / "files").glob("*/*/*"))


def test_a_file_that_cannot_be_read_stops_no_other(
    desk: Flask, other: Flask, target: Path, three_files: list[Path]
) -> None:
    """On a disk that fails this is the last backup that will be made."""
    bad = three_files[1]
    bad.unlink()
    bad.mkdir()  # root reads everything else
    try:
        result = run(desk, "backup", target)
    finally:
        bad.rmdir()
    assert "1 files of the store could not be read" in refusal(result)
    assert f"{bad.name} cannot be read: Is a directory" in result.output
    with desk.app_context():
        assert heartbeats.age(HeartbeatName.BACKUP) is None
    kept = {path.name for path in (target / "files").iterdir()}
    assert kept == {path.name for path in three_files} - {bad.name}
    assert run(other, "restore", target).exit_code == 0
    assert subjects(other) == ["Cold", "Second", "Third"]


def test_a_file_that_breaks_off_leaves_nothing_of_itself_behind(
    desk: Flask, target: Path, three_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, bad = Folder.open, three_files[1].name
    monkeypatch.setattr(Folder, "open", lambda s, key: Failing(whole(s, key), fails=key == bad))
    assert "could not be read" in refusal(run(desk, "backup", target))
    assert {path.name for path in (target / "files").iterdir()} == {
        path.name for path in three_files
    } - {bad}


class Failing(BytesIO):
    """A file whose second half lies on a bad part of the disk."""

    def __init__(self, file: BinaryIO, *, fails: bool) -> None:
        with file:
            super().__init__(file.read())
        self.fails = fails

    def read(self, size: int | None = -1) -> bytes:
        if self.fails and self.tell():
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return super().read(min(size or 1, 4))


def test_a_full_disk_still_ends_a_backup(
    desk: Flask, target: Path, three_files: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no fault of any one file."""

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("portal.durable_files.os.fsync", full)
    assert "No space left on device" in refusal(run(desk, "backup", target))
    assert not target.exists()


def test_all_that_is_damaged_is_named_at_once(
    desk: Flask, other: Flask, target: Path, three_files: list[Path]
) -> None:
    run(desk, "backup", target)
    first, second, _third = sorted((target / "files").iterdir())
    first.unlink()
    second.write_bytes(b"other")
    said = refusal(run(other, "restore", target))
    assert f"files/{first.name} is missing" in said
    assert f"files/{second.name} has changed since it was written" in said


def test_what_is_whole_comes_back_when_that_is_asked_for(
    desk: Flask, other: Flask, target: Path, three_files: list[Path], tmp_path: Path
) -> None:
    run(desk, "backup", target)
    first, second, third = sorted((target / "files").iterdir())
    first.unlink()
    second.write_bytes(b"other")
    result = run(other, "restore", "--without-damaged-files", target)
    assert "2 files are damaged and did not come back" in refusal(result)
    assert f"files/{second.name} has changed" in result.output
    assert subjects(other) == ["Cold", "Second", "Third"]
    stored = [path.name for path in (tmp_path / "store").glob("*/*/*")]
    assert stored == [third.name]


def test_a_damaged_database_never_comes_back(desk: Flask, other: Flask, target: Path) -> None:
    run(desk, "backup", target)
    [copied] = target.glob("database.*")
    copied.write_bytes(copied.read_bytes()[:-1])
    said = refusal(run(other, "restore", "--without-damaged-files", target))
    assert f"{copied.name} has changed since it was written" in said
    with other.app_context():
        assert db.inspect(db.engine).get_table_names() == []
