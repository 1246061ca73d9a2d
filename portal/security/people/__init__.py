"""Credentials and sessions: passwords, second factors, tokens, API keys, links."""
