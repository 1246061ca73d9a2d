"""Stores the files of a form before the write unit begins, so that no lock waits for a disk."""

from dataclasses import dataclass
from typing import BinaryIO, cast

from flask import current_app, request

from portal.errors import TooLarge
from portal.extensions import setting
from portal.security import filetypes
from portal.security.text import display_filename
from portal.services.tickets.attachments import Upload
from portal.storage import Storage


@dataclass(frozen=True, slots=True)
class Limits:
    """How many files a message may have, and the size of each and of all, in bytes."""

    count: int
    file_bytes: int
    total_bytes: int


def limits() -> Limits:
    """Those for people who are known, which the settings name."""
    names = ("ATTACHMENT_COUNT", "ATTACHMENT_BYTES", "ATTACHMENTS_BYTES")
    return Limits(*map(setting, names))


def store(*fields: str, within: Limits | None = None) -> list[Upload]:
    """Store the files of the form fields `fields` ("attachments" by default).

    Raises TooLarge for too many files or one that is too large.
    """
    within = within or limits()
    names = fields or ("attachments",)
    files = [file for name in names for file in request.files.getlist(name) if file.filename]
    check_count(len(files), within)
    storage: Storage = current_app.extensions["lodge.storage"]
    uploads = []
    for file in files:
        head = file.stream.read(filetypes.HEAD_BYTES)
        file.stream.seek(0)
        name = display_filename(file.filename or "")
        try:
            stored = storage.put(cast(BinaryIO, file.stream), limit=within.file_bytes)
        except TooLarge as refusal:
            raise TooLarge(**refusal.details, name=name) from None
        uploads.append(
            Upload(
                key=stored.key,
                filename=name,
                content_type=filetypes.sniff(head),
                size=stored.size,
                sha256=stored.sha256,
            )
        )
    return uploads


def check_count(count: int, within: Limits | None = None) -> None:
    """Raises TooLarge for more files than one message may have."""
    most = (within or limits()).count
    if count > most:
        raise TooLarge(limit=most, count=count)
