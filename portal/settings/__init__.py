"""Settings that administrators change on pages, over what the environment says.

What one is stands in `setting`, and which there are in `registry`; `chosen` keeps those in force
for a process.
"""
