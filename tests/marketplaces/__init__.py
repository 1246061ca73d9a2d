"""Marketplaces on loopback, as strict as the real ones: a module for each."""
