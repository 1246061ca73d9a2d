"""The mail server is one for all tests that fetch."""

from tests.imap_fixtures import _server, google, provider, server, user

__all__ = ["_server", "google", "provider", "server", "user"]
