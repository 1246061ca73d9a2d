"""Exports of other help desks, read as tables and turned into tickets. Knows no database.

Each desk has a file of data that declares a `System`: what its columns and words mean.
"""
