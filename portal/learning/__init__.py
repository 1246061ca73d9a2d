"""Learns labels of texts from counts of their words, and tells a text's tone. No database here."""
