"""Mail domains of the own organization by the API."""

from tests.api.conftest import Call
from tests.cast import Cast
from tests.mailbox import Mailbox
from tests.page import Visitor

DOMAINS = "/organizations/me/domains"


def test_from_asking_to_removing(call: Call, cast: Cast, mailbox: Mailbox, client: Visitor) -> None:
    ann, bob = call(cast.ann), call(cast.bob)
    made = ann.post(DOMAINS, {"email": "Admin@Acme.example"}, 201).json
    assert (made["domain"], made["role"], made["confirmed_at"]) == ("acme.example", "user", None)
    assert bob.get(DOMAINS).json["items"] == []
    client.post(mailbox.link("admin@acme.example", "domains"))
    (seen,) = bob.get(DOMAINS).json["items"]
    assert seen["confirmed_at"]
    own = f"{DOMAINS}/{made['id']}"
    assert ann.patch(own, {"role": "viewer"}).json["role"] == "viewer"
    bob.patch(own, {"role": "user"}, 403)
    bob.delete(own, 403)
    call(cast.carl).delete(own, 404)
    ann.delete(own)
    assert ann.get(DOMAINS).json["items"] == []


def test_what_speaks_for_no_domain_is_refused(call: Call, cast: Cast) -> None:
    refused = call(cast.ann).post(DOMAINS, {"email": "ann@acme.example"}, 422)
    assert refused.errors == {"email": ["not_of_domain"]}
    call(cast.bob).post(DOMAINS, {"email": "admin@acme.example"}, 403)
