"""What full-text search knows of texts: words, their folded forms and stems. No database here."""
