"""Settings that administrators change on pages, over what the environment says.

Which there are is in `registry`; `chosen` keeps the values in force for a process.
"""
