"""Commands: one business action a function.

Each in the same order: permission, precondition, change, event row, scheduled mails and deliveries.
Keyword arguments, actor first. Idempotent; raises typed domain errors; never renders or commits.
"""
