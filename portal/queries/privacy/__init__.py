"""Requests about personal data, what goes into a copy, and where somebody is named."""
