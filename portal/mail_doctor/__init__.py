"""The mail doctor: what keeps the desk's mail from leaving, from being believed, and from coming.

Each check answers with findings in the language in force, for pages and commands alike.
"""
