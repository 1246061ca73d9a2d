"""Clients of marketplaces: a folder for each shop, of the same few files (`docs/siblings.md`).

They ask, and answer plain values; no database, nothing is stored here.
"""
