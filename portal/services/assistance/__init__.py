"""Suggestions that are learned, and drafts of a language model."""
