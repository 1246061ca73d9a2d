"""Requests for an export of personal data, and for erasure."""

from portal.models.privacy.privacy_request import PrivacyKind, PrivacyRequest, PrivacyState

__all__ = [
    "PrivacyKind",
    "PrivacyRequest",
    "PrivacyState",
]
