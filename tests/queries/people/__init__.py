"""Tests of reading about people."""
