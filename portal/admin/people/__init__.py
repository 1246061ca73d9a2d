"""Accounts in the hands of administrators: who there is, what they may do, how they are helped."""
