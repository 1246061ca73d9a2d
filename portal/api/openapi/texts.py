"""The prose of the OpenAPI document: introduction, audiences, tags, path parameters."""

from portal.api.authorization import Audience

VERSION = "1"


AUDIENCES = {
    Audience.ANYONE: "For everybody, signed in or not.",
    Audience.SIGNED_IN: "For everybody who is signed in.",
    Audience.STAFF: "For staff and admins.",
    Audience.ADMIN: "For admins.",
}
RIGHT = "For admins, and staff with the right `{}`."


PROOF = (
    "Needs an access token of a sign-in within the last ten minutes: `POST /auth/login`. An API "
    "key is refused."
)


# The example is that of docs/webhooks.md; a test runs it.
DESCRIPTION = """\
The support desk for programs: the same rules, tickets and people as on the pages.

**Credentials.** `Authorization: Bearer …` with an access token (`POST /auth/login`, 15 minutes; \
`POST /auth/refresh` gives the next) or with an API key (`lk_…`, made under Account → API keys; a \
`read` key may only GET, an `inbound` key may only bring mail in). Cookies are never looked at.

**Fresh proof.** What gives power or takes it (members and their roles, credentials, webhooks, \
accounts) and the copy of all personal data want to know that the person is there: an access token \
whose sign-in is at most ten minutes old. All others, and every API key, are answered 403 \
`proof_needed`, with `WWW-Authenticate: Bearer error="insufficient_user_authentication"` and \
`max_age` (RFC 9470): sign in again, then send it once more. A refreshed token is as old as its \
sign-in.

**Errors** are `application/problem+json` (RFC 9457). `code` is stable and meant for programs; \
`title` and `detail` follow `Accept-Language` (English, Russian); `errors` names all \
fields that are not right at once. Fields that are not listed here are refused by name.

**Lists** answer `items` and `next`: send `next` as `cursor` for the following page, until it is \
null. `limit` is at most 100. Pages stay whole while new entries come in.

**Repeating a POST** is safe with an `Idempotency-Key` of your own (1 to 255 visible ASCII \
characters): for 24 hours the same request of the same person is answered as the first time. The \
credential has to be good at that moment: `POST /auth/logout`, `/auth/change-password` and \
`/auth/api-key-reset` end the one that they came with, or may, and a repeat with it is 401. That \
says that they were done; signed in anew, the repeat is answered as the first time. After a change \
of the person's role or organization, or when the ticket is gone, a repeat is 410 \
`answer_ended`: the request was done, and is not done again.

**Changing a ticket** takes its `ETag` as `If-Match`, so that nobody writes over what they have \
not seen: 428 without, 412 when it has changed.

**Limits** are told in `RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds); \
429 says in `Retry-After` how long to wait, and so do 409 `still_running`, 503 `unavailable`, \
503 `storage_away` and 503 `read_only`: the desk is being moved, and takes no changes meanwhile.

**Webhooks.** Each event is signed as [Standard Webhooks](https://www.standardwebhooks.com/) has \
it. What is signed are the bytes of `webhook-id`, `webhook-timestamp` (seconds since 1970) and the \
body exactly as it came, joined by dots: `evt_….1795514400.{"type":…}`. The key is what follows \
`whsec_` in the secret, decoded from base64. `webhook-signature` is `v1,` and the base64 of \
HMAC-SHA256; for a day after a change of secret there are two, separated by a space, of which one \
has to fit. Refuse what is more than five minutes old or ahead, and what has been seen under its \
`webhook-id` before.

```python
import base64, hmac, time


def is_from_lodge(headers, body: bytes, secret: str) -> bool:
    if abs(time.time() - int(headers["webhook-timestamp"])) > 300:
        return False
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    ours = "v1," + base64.b64encode(hmac.digest(key, signed, "sha256")).decode()
    return any(hmac.compare_digest(ours, theirs) for theirs in headers["webhook-signature"].split())
```

Answer 2xx within five seconds. What failed is tried again after 10 seconds, then after twice \
as long each time, up to two hours, for a day.

`me` stands for the caller wherever a user's id is taken. Times are UTC (RFC 3339).
"""


TAGS = {
    "auth": "Signing in and out, tokens, passwords.",
    "users": "People.",
    "account": "One's own account, and what the law gives one of it.",
    "tickets": "Tickets: list, file, change.",
    "comments": "What is said on a ticket.",
    "attachments": "Files on tickets.",
    "organizations": "Whom the desk serves.",
    "products": "What organizations sell at marketplaces.",
    "organization": "One's own organization: name, members, credentials.",
    "admin": "For those who run the desk.",
    "inbound": "Mail that programs bring.",
    "webhooks": "What is told to other programs.",
}


# (description, example) of path parameters.
PATH_PARAMETERS = {
    "number": ("The ticket's number.", "REQ000001"),
    "id": ("The account's id, or `me`.", "USR000001"),
    "attachment_id": ("The id that the list of files tells.", 17),
    "export_id": ("The id that asking for the copy has answered.", 7),
    "table_export_id": ("The id that asking for the export has answered.", 7),
    "schedule_id": ("The schedule's id.", 1),
    "domain_id": ("The id that the list of domains tells.", 1),
    "sync_id": ("The id that asking for the sync has answered.", 12),
    "webhook_id": ("The webhook's id.", 1),
    "delivery_id": ("The delivery's id.", 1),
}
