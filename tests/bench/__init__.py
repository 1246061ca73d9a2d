"""The benchmark: `make bench`. Never part of the tests; it has no test functions."""
