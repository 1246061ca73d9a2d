"""Calls of the language model, whose texts it may read, and what a call is made of."""
