"""What can be read in an answer."""

from io import BytesIO
from zipfile import ZipFile, is_zipfile

from werkzeug.test import TestResponse


def text_of(answer: TestResponse) -> str:
    """The words of a page, or of all sheets of a workbook, which is a packed folder."""
    body = answer.get_data()
    if is_zipfile(BytesIO(body)):
        with ZipFile(BytesIO(body)) as folder:
            body = b"\n".join(folder.read(name) for name in _with_words(folder))
    return body.decode(errors="replace")


def _with_words(folder: ZipFile) -> list[str]:
    """All but what says when it was written."""
    return [name for name in folder.namelist() if not name.startswith("docProps/")]
