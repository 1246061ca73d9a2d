"""What the OpenAPI document says of each endpoint: credentials, headers, and how it may fail."""

from http import HTTPStatus
from typing import Any

from apispec import APISpec

from portal import errors
from portal.api.authorization import Audience, EndpointSpec
from portal.api.openapi.components import (
    IDEMPOTENCY_KEY,
    IF_MATCH,
    LIMIT_HEADERS,
)
from portal.api.openapi.texts import (
    AUDIENCES,
    PROOF,
    RIGHT,
)
from portal.models.people import KeyScope
from portal.web import problems


def complete_operation(
    doc: dict[str, Any], doc_info: dict[str, Any], *, spec: APISpec, method: str, **_: Any
) -> dict[str, Any]:
    """Add what the endpoint's EndpointSpec says: credentials, audience, headers, errors."""
    endpoint: EndpointSpec = doc_info["spec"]
    docstring = doc_info["docstring"]
    proof = PROOF if endpoint.needs_proof else ""
    parts = [docstring.get("description", ""), _audience(endpoint), proof]
    docstring["description"] = "\n\n".join(part for part in parts if part)
    doc["security"] = _security(endpoint)
    parameters = doc.setdefault("parameters", [])
    repeatable = method == "post" and endpoint.scope is KeyScope.WRITE
    if repeatable:
        parameters.append(IDEMPOTENCY_KEY)
    if endpoint.needs_version:
        parameters.append(IF_MATCH)
    # Replaces the error responses that flask-smorest adds.
    success = doc["responses"][endpoint.status]
    success["headers"] = {
        **{
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in endpoint.answer_headers.items()
        },
        **_refer(*LIMIT_HEADERS, *(["Idempotent-Replayed"] if repeatable else [])),
    }
    for status in endpoint.also:
        doc["responses"][status]["headers"] = _refer(*LIMIT_HEADERS)
    codes = _codes(endpoint, method=method, has_body="requestBody" in doc)
    doc["responses"] = {
        endpoint.status: success,
        **{status: doc["responses"][status] for status in endpoint.also},
        **{status: _shared_response(spec, status, codes[status]) for status in sorted(codes)},
    }
    return doc


def _audience(endpoint: EndpointSpec) -> str:
    if endpoint.right is None:
        return AUDIENCES[endpoint.audience]
    return RIGHT.format(endpoint.right)


def _security(endpoint: EndpointSpec) -> list[dict[str, list[str]]]:
    if endpoint.audience is Audience.ANYONE:
        return []
    if endpoint.needs_proof:
        return [{"accessToken": []}]
    return [{"accessToken": []}, {"apiKey": [str(endpoint.scope)]}]


def _codes(endpoint: EndpointSpec, *, method: str, has_body: bool) -> dict[int, dict[str, str]]:
    """{status: {code: text}} of the errors with which the endpoint may answer."""
    kinds: list[type[errors.DomainError]] = [errors.Invalid, *endpoint.fails]
    plain = [414, 429, 431, 500, 503]
    if endpoint.audience is not Audience.ANYONE:
        kinds += [errors.SignInNeeded, errors.BadCredential, errors.SecondFactorNeeded]
        kinds.append(errors.WrongScope)
        kinds.append(errors.CallsUsedUp)
        if endpoint.scope is KeyScope.WRITE:
            kinds.append(errors.ScopeTooNarrow)
    if endpoint.audience in {Audience.STAFF, Audience.ADMIN}:
        kinds.append(errors.Forbidden)
    if method != "get":
        kinds.append(errors.ReadOnlyDesk)
    if endpoint.needs_proof:
        kinds.append(errors.ProofNeeded)
    if has_body:
        plain += [400, 408, 413, 415]
    elif method == "post":
        plain.append(413)  # with an Idempotency-Key any body is read, for its fingerprint
    if method == "post" and endpoint.scope is KeyScope.WRITE:
        kinds += [errors.StillRunning, errors.KeyReused, errors.AnswerEnded]
    if endpoint.needs_version:
        kinds += [errors.VersionNeeded, errors.VersionChanged]
    codes: dict[int, dict[str, str]] = {}
    for kind in kinds:
        codes.setdefault(kind.status, {}).setdefault(kind.code, kind.detail)
    for status in plain:
        code, _title, detail = problems.STATUS_TEXTS[status]
        codes.setdefault(status, {}).setdefault(code, str(detail))
    return codes


def _shared_response(spec: APISpec, status: int, codes: dict[str, str]) -> str:
    """The name of the shared response for these codes, which is added if it is new."""
    name = f"{status}-{'-'.join(codes)}"
    if name not in spec.components.responses:
        spec.components.response(name, _response(status, codes))
    return name


def _response(status: int, codes: dict[str, str]) -> dict[str, Any]:
    code, detail = next(iter(codes.items()))
    example = {
        "type": f"urn:lodge:problem:{code}",
        "title": problems.title(status),
        "status": status,
        "detail": detail or HTTPStatus(status).phrase,
        "code": code,
        "request_id": "5f0c2a9be1d34f77",
    }
    if code == "invalid":
        example["errors"] = {"subject": [{"code": "required", "detail": "Please fill this in."}]}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}
    response = {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(f'`{name}`' for name in codes)}.",
        "content": {problems.MIMETYPE: content},
    }
    names = list(LIMIT_HEADERS)
    if status in {429, 503} or "still_running" in codes:
        names.append("Retry-After")
    if status in {401, 403}:
        names.append("WWW-Authenticate")
    response["headers"] = _refer(*names)
    return response


def _refer(*names: str) -> dict[str, dict[str, str]]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
