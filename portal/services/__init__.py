"""Commands: one business verb a function.

Each in the same order: permission, precondition, change, event row, what is owed to the outside.
Keyword arguments, actor first. Idempotent; raises typed domain errors; never renders or commits.
"""
