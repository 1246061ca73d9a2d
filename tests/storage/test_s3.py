"""A bucket keeps files as a folder does, and whatever it refuses is said and loses nothing."""

import hashlib
import io
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, cast

import pytest
import time_machine
import urllib3

from portal import clock
from portal.errors import (
    ConfigError,
    DomainError,
    ForeignStore,
    NotFound,
    StorageAway,
    StorageFull,
    TooLarge,
)
from portal.storage import Account, Storage, open_storage
from portal.storage.s3 import PART
from tests import s3_server
from tests.s3_server import Buckets

LATER = datetime.now(UTC) + timedelta(hours=1)
URL = "s3://files/desk"


@pytest.fixture(scope="module")
def server() -> Iterator[Buckets]:
    with s3_server.s3_server("files") as running:
        yield running


@pytest.fixture
def buckets(server: Buckets) -> Buckets:
    """The server, with an empty bucket and no trouble."""
    server.objects = {"files": {}}
    server.uploads, server.trouble, server.breaks_off_after = {}, None, None
    server.asked.clear()
    return server


@pytest.fixture
def account(buckets: Buckets) -> Account:
    return Account(buckets.url, s3_server.REGION, s3_server.KEY, s3_server.SECRET, links=False)


@pytest.fixture
def storage(account: Account) -> Storage:
    return open_storage(URL, account=account)


def keys(storage: Storage, older_than: datetime = LATER) -> set[str]:
    """Those of the first parts, as each is asked for."""
    return {key for shard in range(3) for key in storage.keys(shard, older_than=older_than)}


def put(storage: Storage, data: bytes = b"x") -> str:
    return storage.put(io.BytesIO(data), limit=len(data)).key


@pytest.mark.parametrize("size", [0, 1, 700_000, PART, PART + 1], ids=str)
def test_what_is_stored_comes_back(storage: Storage, buckets: Buckets, size: int) -> None:
    data = os.urandom(size)
    stored = storage.put(io.BytesIO(data), limit=size)
    assert (stored.size, stored.sha256) == (size, hashlib.sha256(data).hexdigest())
    with storage.open(stored.key) as file:
        assert file.read(10) + file.read() == data
    assert buckets.uploads == {}


def test_objects_are_called_as_files_of_a_folder_are(storage: Storage, buckets: Buckets) -> None:
    key = put(storage)
    assert list(buckets.objects["files"]) == [f"desk/{key[:2]}/{key[2:4]}/{key}"]


@pytest.mark.parametrize("size", [100, PART + 100])
def test_a_file_over_the_limit_is_refused_and_leaves_nothing(
    storage: Storage, buckets: Buckets, size: int
) -> None:
    with pytest.raises(TooLarge) as refused:
        storage.put(io.BytesIO(b"x" * size), limit=size - 1)
    assert refused.value.details == {"limit": size - 1}
    assert (buckets.objects["files"], buckets.uploads) == ({}, {})


def test_a_client_that_goes_away_in_the_middle_leaves_nothing(
    storage: Storage, buckets: Buckets
) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if data := super().read(size):
                return data
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        storage.put(Broken(b"x" * (PART + 2)), limit=2 * PART)
    assert (buckets.objects["files"], buckets.uploads) == ({}, {})


def test_bytes_are_put_back_under_their_key_once(storage: Storage) -> None:
    key = "ab" * 16
    storage.put_back(key, io.BytesIO(b"first"))
    storage.put_back(key, io.BytesIO(b"second"))
    with storage.open(key) as file:
        assert file.read() == b"first"


def test_one_can_look_for_a_file_without_opening_it(storage: Storage) -> None:
    known = put(storage)
    asked = (known, "0" * 32, "no key", "")
    assert [storage.has(key) for key in asked] == [True, False, False, False]


@pytest.mark.threat("names of files")
@pytest.mark.parametrize("key", ["", "..", "../../desk", "0" * 31, "A" * 32, "0" * 32 + "\n"])
def test_what_is_no_key_names_no_object(storage: Storage, key: str) -> None:
    for ask in (storage.open, storage.delete):
        with pytest.raises(NotFound):
            ask(key)


def test_a_deleted_file_is_gone_and_deleting_it_again_is_no_error(storage: Storage) -> None:
    key = put(storage)
    storage.delete(key)
    storage.delete(key)
    with pytest.raises(NotFound):
        storage.open(key)


def test_keys_of_a_time_are_listed_part_by_part(storage: Storage, buckets: Buckets) -> None:
    stored = {f"0{number % 3}{number:030x}" for number in range(9)}
    for key in (*stored, "03" * 16):
        storage.put_back(key, io.BytesIO(b"xy"))
    buckets.objects["files"]["other/00/00/" + "00" * 16] = (b"x", datetime.now(UTC))
    storage.claim("one")
    assert keys(storage) == stored
    assert keys(storage, datetime.now(UTC) - timedelta(hours=1)) == set()
    assert [storage.measure(shard) for shard in (0, 3)] == [(3, 6), (1, 2)]


def test_more_keys_than_one_answer_holds_are_listed(storage: Storage, buckets: Buckets) -> None:
    many = {f"00{number:030x}" for number in range(1_001)}
    buckets.objects["files"] = {
        f"desk/00/{key[2:4]}/{key}": (b"xy", datetime.now(UTC)) for key in many
    }
    assert set(storage.keys(0, older_than=LATER)) == many
    assert storage.measure(0) == (1_001, 2_002)


def test_an_upload_that_nobody_ends_is_listed_and_can_be_deleted(
    storage: Storage, buckets: Buckets
) -> None:
    key = "01" * 16
    began = datetime.now(UTC) - timedelta(days=2)
    buckets.uploads["1"] = s3_server.Upload(f"desk/01/01/{key}", began)
    buckets.uploads["2"] = s3_server.Upload("other/01/01/" + key, began)
    assert keys(storage, datetime.now(UTC) - timedelta(days=1)) == {key + ".part"}
    storage.delete(key + ".part")
    assert list(buckets.uploads) == ["2"]


def test_a_bucket_that_works_passes_its_check(storage: Storage, buckets: Buckets) -> None:
    storage.check()
    assert buckets.objects["files"] == {}


def test_a_new_store_is_nobody_s_and_then_the_first_one_s(storage: Storage) -> None:
    assert storage.owner() is None
    storage.claim("one")
    storage.claim("two")
    assert storage.owner() == "one"
    assert storage.is_empty(), "the mark is no file of anybody's"
    put(storage)
    assert not storage.is_empty()
    storage.overwrite_owner(None)
    assert storage.owner() is None


def test_the_store_of_another_desk_is_neither_written_nor_listed(account: Account) -> None:
    def refuse(_store: Storage) -> str:
        raise ForeignStore(reason="another's")

    storage = open_storage(URL, refuse, account=account)
    asked = (
        lambda: storage.put(io.BytesIO(b"x"), limit=1),
        lambda: storage.keys(0, older_than=LATER),
        lambda: storage.delete("0" * 32),
        lambda: storage.open("0" * 32),
    )
    for ask in asked:
        with pytest.raises(ForeignStore):
            ask()


def test_whose_store_it_is_is_not_asked_for_each_file(account: Account) -> None:
    asked = []

    def confirm(store: Storage) -> str:
        asked.append(store)
        return "ours"

    storage = open_storage(URL, confirm, account=account)
    for _ in range(3):
        put(storage)
    assert len(asked) == 1


REFUSALS = [
    (403, "AccessDenied"),
    (403, "QuotaExceeded"),
    (404, "NoSuchBucket"),
    (503, "SlowDown"),
]


@pytest.mark.parametrize("trouble", REFUSALS, ids=str)
def test_a_bucket_that_refuses_is_said(
    storage: Storage, buckets: Buckets, trouble: tuple[int, str]
) -> None:
    key = put(storage)
    buckets.trouble = trouble
    with pytest.raises(StorageFull):
        put(storage)
    with pytest.raises(StorageFull):
        storage.check()
    for ask in (storage.open, storage.delete):
        with pytest.raises(StorageAway):
            ask(key)
    with pytest.raises(StorageAway):
        list(storage.keys(0, older_than=LATER))


def test_whether_a_file_is_there_is_not_known_of_a_bucket_that_refuses(
    storage: Storage, buckets: Buckets
) -> None:
    key = put(storage)
    buckets.trouble = (403, "AccessDenied")
    with pytest.raises(StorageAway):
        storage.has(key)


def test_wrong_keys_are_refused(account: Account) -> None:
    for wrong in (account._replace(secret_key="another"), account._replace(access_key="another")):
        with pytest.raises(StorageFull):
            put(open_storage(URL, account=wrong))


def test_a_server_that_is_not_there_is_said(account: Account) -> None:
    nowhere = open_storage(URL, account=account._replace(endpoint="http://127.0.0.1:9"))
    with pytest.raises(StorageFull):
        put(nowhere)
    with pytest.raises(StorageAway):
        nowhere.open("0" * 32)


def test_an_object_that_breaks_off_is_no_shorter_file(storage: Storage, buckets: Buckets) -> None:
    key = put(storage, b"x" * 1_000)
    buckets.breaks_off_after = 500
    with pytest.raises(StorageAway), storage.open(key) as file:
        file.read()


def test_a_stream_is_read_as_it_is_sent(storage: Storage) -> None:
    """A file that is made piece by piece is never in memory as a whole."""

    class Pieces:
        largest = 0
        left = 3 * PART

        def read(self, size: int) -> bytes:
            self.largest = max(self.largest, size)
            piece = b"x" * min(size, self.left, 65_536)
            self.left -= len(piece)
            return piece

    pieces = Pieces()
    stored = storage.put(cast(BinaryIO, pieces), limit=3 * PART)
    assert stored.size == 3 * PART
    assert pieces.largest <= PART + 1


def test_nobody_is_led_to_the_bucket_unless_the_desk_wants_that(storage: Storage) -> None:
    assert storage.link(put(storage), mimetype="text/plain", disposition="attachment") is None


def test_a_link_gives_the_file_as_a_download_for_a_minute(account: Account) -> None:
    storage = open_storage(URL, account=account._replace(links=True))
    key = put(storage, b"hello")
    named = "attachment; filename=\"a.txt\"; filename*=UTF-8''%C3%A4.txt"
    link = storage.link(key, mimetype="text/plain", disposition=named) or ""
    answer = urllib3.request("GET", link)
    assert (answer.status, answer.data) == (200, b"hello")
    assert answer.headers["Content-Disposition"] == named
    assert answer.headers["Content-Type"] == "text/plain"
    assert answer.headers["Cache-Control"] == "private, no-store"
    other = storage.link("0" * 32, mimetype="text/plain", disposition=named) or ""
    swapped = link.replace(key, "0" * 32)
    assert [urllib3.request("GET", url).status for url in (other, swapped)] == [404, 403]
    with time_machine.travel(clock.now() + timedelta(seconds=61)):
        assert urllib3.request("GET", link).status == 403


@pytest.mark.parametrize("url", ["s3://", "s3://a", "s3://Upper", "s3://a..b", "s3://1.2.3.4/x"])
def test_what_names_no_bucket_is_refused_in_one_line(account: Account, url: str) -> None:
    with pytest.raises(ConfigError, match=r"^FILES_URL[^\n]+$"):
        open_storage(url, account=account)


def test_a_bucket_needs_an_account() -> None:
    with pytest.raises(ConfigError, match=r"^S3_ACCESS_KEY_ID is not set"):
        open_storage(URL)


def test_all_trouble_of_a_bucket_has_a_sentence() -> None:
    assert issubclass(StorageAway, DomainError)
    assert StorageAway.status == 503


def test_the_server_of_these_tests_checks_signatures_as_aws_does() -> None:
    """With the example of a GET in the documentation of AWS."""
    empty = hashlib.sha256(b"").hexdigest()
    date = "20130524T000000Z"
    request = s3_server.Request(
        "GET",
        "/test.txt",
        "",
        {
            "host": "examplebucket.s3.amazonaws.com",
            "range": "bytes=0-9",
            "x-amz-content-sha256": empty,
            "x-amz-date": date,
        },
        empty,
    )
    secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
    made = s3_server.signature(request, date=date, region="us-east-1", secret=secret)
    assert made == "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"
