"""Tests of the models of people."""
