"""Tests of the models of tickets."""
