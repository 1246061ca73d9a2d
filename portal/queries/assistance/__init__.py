"""Reads of what was learned and what it suggests, and of what a language model was asked."""
