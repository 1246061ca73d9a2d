"""The tables that can be exported: their columns, and their rows in batches.

Who may export at all may export every row, so callers ask `permissions.can_export` first.
"""
