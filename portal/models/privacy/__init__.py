"""Requests for a copy of personal data, and to be forgotten."""

from portal.models.privacy.privacy_request import PrivacyKind, PrivacyRequest, PrivacyState

__all__ = [
    "PrivacyKind",
    "PrivacyRequest",
    "PrivacyState",
]
