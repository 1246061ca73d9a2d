"""Requests for export and erasure, and personal data to export or to erase."""
