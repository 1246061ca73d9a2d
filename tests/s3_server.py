"""A server on loopback that speaks as much of S3 as we use, and refuses what the real one refuses.

Signatures are checked as the documentation of AWS has it (Signature Version 4): wrong keys, altered
requests, bodies that are not those that were signed, and links that are too old are refused. The
servers that are usual in tests take any signature.
"""

import hashlib
import hmac
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit
from xml.etree import ElementTree
from xml.sax.saxutils import escape

KEY, SECRET, REGION = "AKIDLODGE", "a secret of the bucket", "eu-test-1"
_DATE = "%Y%m%dT%H%M%SZ"
_SKEW = timedelta(minutes=15)
_SMALLEST_PART = 5 * 1024 * 1024
_PAGE = 1000
_NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


class Refused(Exception):
    """An error answer of S3."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


@dataclass
class Upload:
    """One that was begun in parts. `began` may be set back by a test."""

    name: str
    began: datetime
    parts: dict[int, bytes] = field(default_factory=dict)


@dataclass
class Buckets:
    """What is stored. `trouble` is the status and code of the next answers, while it is set."""

    url: str = ""
    objects: dict[str, dict[str, tuple[bytes, datetime]]] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    trouble: tuple[int, str] | None = None
    # An answer with an object ends after so many bytes.
    breaks_off_after: int | None = None
    # So many objects can still be stored.
    room: int | None = None
    # What is stored is not what was sent.
    spoils: bool = False
    asked: list[str] = field(default_factory=list)


@contextmanager
def s3_server(*buckets: str) -> Iterator[Buckets]:
    """Serve these buckets, which are empty, until the block ends."""
    kept = Buckets(objects={name: {} for name in buckets})

    class Handler(_Handler):
        store = kept

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        kept.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        try:
            yield kept
        finally:
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    store: Buckets
    protocol_version = "HTTP/1.1"
    # A head and a body are two packets: the second one would wait for the first one's receipt.
    disable_nagle_algorithm = True

    def log_message(self, *_words: object) -> None:
        pass

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        self.store.asked.append(f"{self.command} {parts.path}")
        try:
            self._check(body, query)
            if self.store.trouble is not None:
                raise Refused(*self.store.trouble)
            bucket, _, name = unquote(parts.path).removeprefix("/").partition("/")
            if bucket not in self.store.objects:
                raise Refused(404, "NoSuchBucket")
            self._act(bucket, name, query, body)
        except Refused as refusal:
            text = "" if self.command == "HEAD" else f"<Error><Code>{refusal.code}</Code></Error>"
            self._say(refusal.status, text.encode(), **{"Content-Type": "application/xml"})

    do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815

    def _act(self, bucket: str, name: str, query: dict[str, str], body: bytes) -> None:
        match (
            self.command,
            bool(name),
            sorted(query.keys() & {"uploads", "uploadId", "list-type"}),
        ):
            case ("GET", False, ["list-type"]):
                self._list(bucket, query)
            case ("GET", False, ["uploads"]):
                self._list_uploads(query)
            case ("PUT", True, []):
                self._put(bucket, name, body)
                self._say(200, b"", ETag=_etag(body))
            case ("GET" | "HEAD", True, []):
                self._send(bucket, name, query)
            case ("DELETE", True, []):
                self.store.objects[bucket].pop(name, None)
                self._say(204, b"")
            case ("POST", True, ["uploads"]):
                upload_id = uuid.uuid4().hex
                self.store.uploads[upload_id] = Upload(name, datetime.now(UTC))
                self._say_xml(
                    f"<InitiateMultipartUploadResult><UploadId>{upload_id}</UploadId>"
                    "</InitiateMultipartUploadResult>"
                )
            case ("PUT", True, ["uploadId"]):
                self._upload(name, query).parts[int(query["partNumber"])] = body
                self._say(200, b"", ETag=_etag(body))
            case ("POST", True, ["uploadId"]):
                self._complete(bucket, self._upload(name, query), query["uploadId"], body)
            case ("DELETE", True, ["uploadId"]):
                self._upload(name, query)
                del self.store.uploads[query["uploadId"]]
                self._say(204, b"")
            case _:
                raise Refused(501, "NotImplemented")

    def _put(self, bucket: str, name: str, body: bytes) -> None:
        if self.store.room is not None:
            if not self.store.room:
                raise Refused(403, "QuotaExceeded")
            self.store.room -= 1
        kept = body[::-1] if self.store.spoils else body
        self.store.objects[bucket][name] = (kept, datetime.now(UTC))

    def _upload(self, name: str, query: dict[str, str]) -> Upload:
        upload = self.store.uploads.get(query["uploadId"])
        if upload is None or upload.name != name:
            raise Refused(404, "NoSuchUpload")
        return upload

    def _complete(self, bucket: str, upload: Upload, upload_id: str, body: bytes) -> None:
        asked = [
            (
                int(part.findtext(f"{_NAMESPACE}PartNumber", "0")),
                part.findtext(f"{_NAMESPACE}ETag", ""),
            )
            for part in ElementTree.fromstring(body)  # noqa: S314 - our own request
        ]
        if asked != [(number, _etag(part)) for number, part in sorted(upload.parts.items())]:
            raise Refused(400, "InvalidPart")
        *but_last, _last = (upload.parts[number] for number, _tag in asked)
        if any(len(part) < _SMALLEST_PART for part in but_last):
            raise Refused(400, "EntityTooSmall")
        whole = b"".join(upload.parts[number] for number, _tag in asked)
        self.store.objects[bucket][upload.name] = (whole, datetime.now(UTC))
        del self.store.uploads[upload_id]
        self._say_xml(
            f"<CompleteMultipartUploadResult><Bucket>{bucket}</Bucket>"
            f"<Key>{escape(upload.name)}</Key><ETag>{escape(_etag(whole))}</ETag>"
            "</CompleteMultipartUploadResult>"
        )

    def _send(self, bucket: str, name: str, query: dict[str, str]) -> None:
        if name not in self.store.objects[bucket]:
            raise Refused(404, "NoSuchKey")
        content, moment = self.store.objects[bucket][name]
        told = {
            header: query[f"response-{header.lower()}"]
            for header in ("Content-Type", "Content-Disposition", "Cache-Control")
            if f"response-{header.lower()}" in query
        }
        told["Last-Modified"] = f"{moment:%a, %d %b %Y %H:%M:%S} GMT"
        self._say(200, content, ETag=_etag(content), **told)

    def _list(self, bucket: str, query: dict[str, str]) -> None:
        found = sorted(
            name
            for name in self.store.objects[bucket]
            if name.startswith(query.get("prefix", ""))
            and name > query.get("continuation-token", "")
        )
        page = found[:_PAGE]
        lines = "".join(
            f"<Contents><Key>{escape(name)}</Key><Size>{len(content)}</Size>"
            f"<LastModified>{moment:%Y-%m-%dT%H:%M:%S.000Z}</LastModified>"
            f"<ETag>{escape(_etag(content))}</ETag></Contents>"
            for name in page
            for content, moment in [self.store.objects[bucket][name]]
        )
        more = len(found) > _PAGE
        token = f"<NextContinuationToken>{page[-1]}</NextContinuationToken>" if more else ""
        self._say_xml(
            f"<ListBucketResult><Name>{bucket}</Name>{lines}{token}"
            f"<IsTruncated>{str(more).lower()}</IsTruncated></ListBucketResult>"
        )

    def _list_uploads(self, query: dict[str, str]) -> None:
        lines = "".join(
            f"<Upload><Key>{escape(one.name)}</Key><UploadId>{upload_id}</UploadId>"
            f"<Initiated>{one.began:%Y-%m-%dT%H:%M:%S.000Z}</Initiated></Upload>"
            for upload_id, one in self.store.uploads.items()
            if one.name.startswith(query.get("prefix", ""))
        )
        self._say_xml(
            f"<ListMultipartUploadsResult>{lines}<IsTruncated>false</IsTruncated>"
            "</ListMultipartUploadsResult>"
        )

    def _say_xml(self, text: str) -> None:
        tag = text[1 : text.index(">")]
        text = text.replace(f"<{tag}>", f'<{tag} xmlns="{_NAMESPACE[1:-1]}">', 1)
        self._say(200, text.encode(), **{"Content-Type": "application/xml"})

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        cut = self.store.breaks_off_after
        self.wfile.write(body if cut is None else body[:cut])
        self.close_connection = cut is not None

    def _check(self, body: bytes, query: dict[str, str]) -> None:
        """Refuse what is not signed, or not as it was signed."""
        now = datetime.now(UTC)
        if "X-Amz-Signature" in query:
            given, scope, date = (query[f"X-Amz-{n}"] for n in ("Signature", "Credential", "Date"))
            signed, content = query["X-Amz-SignedHeaders"], "UNSIGNED-PAYLOAD"
            until = _moment(date) + timedelta(seconds=int(query["X-Amz-Expires"]))
            if not _moment(date) - _SKEW <= now <= until:
                raise Refused(403, "AccessDenied")
        else:
            kind, _, rest = self.headers.get("Authorization", "").partition(" ")
            if kind != "AWS4-HMAC-SHA256":
                raise Refused(403, "AccessDenied")
            said = dict(part.strip().split("=", 1) for part in rest.split(","))
            given, scope, signed = said["Signature"], said["Credential"], said["SignedHeaders"]
            date, content = self.headers["X-Amz-Date"], self.headers["X-Amz-Content-SHA256"]
            if abs(_moment(date) - now) > _SKEW:
                raise Refused(403, "RequestTimeTooSkewed")
            if content != hashlib.sha256(body).hexdigest():
                raise Refused(400, "XAmzContentSHA256Mismatch")
        key, _day, region, service, _end = scope.split("/")
        if key != KEY:
            raise Refused(403, "InvalidAccessKeyId")
        if (region, service) != (REGION, "s3"):
            raise Refused(400, "AuthorizationHeaderMalformed")
        if given != self._signature(signed.split(";"), date, content):
            raise Refused(403, "SignatureDoesNotMatch")

    def _signature(self, signed: list[str], date: str, content: str) -> str:
        parts = urlsplit(self.path)
        request = Request(
            method=self.command,
            path=parts.path,
            query=parts.query,
            headers={name: self.headers[name] for name in signed},
            content_sha256=content,
        )
        return signature(request, date=date, region=REGION, secret=SECRET)


class Request(NamedTuple):
    """What is signed of a request: `headers` are those that the signer names."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    content_sha256: str


def signature(request: Request, *, date: str, region: str, secret: str) -> str:
    """The signature of a request to S3 (AWS Signature Version 4), in hexadecimal."""
    query = sorted(part for part in request.query.split("&") if part)
    headers = sorted((name.lower(), value.strip()) for name, value in request.headers.items())
    canonical = "\n".join(
        (
            request.method,
            request.path,
            "&".join(
                part if "=" in part else f"{part}="
                for part in query
                if not part.startswith("X-Amz-Signature=")
            ),
            *(f"{name}:{value}" for name, value in headers),
            "",
            ";".join(name for name, _value in headers),
            request.content_sha256,
        )
    )
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    said = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{hashed}"
    return hmac.digest(key, said.encode(), "sha256").hex()


def _moment(date: str) -> datetime:
    return datetime.strptime(date, _DATE).replace(tzinfo=UTC)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def settings(buckets: Buckets, bucket: str = "files") -> dict[str, str]:
    """The settings of a desk whose files are under `desk/` in that bucket."""
    return {
        "FILES_URL": f"s3://{bucket}/desk",
        "S3_ENDPOINT": buckets.url,
        "S3_REGION": REGION,
        "S3_ACCESS_KEY_ID": KEY,
        "S3_SECRET_ACCESS_KEY": SECRET,
    }
