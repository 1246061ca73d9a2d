"""How often callers may try something: the counts, their keys, and every limit there is."""
