"""Reads of the numbers of tickets over time."""
