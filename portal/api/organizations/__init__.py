"""A company and its members."""
