"""What must hold at every address, new ones too: the application's map is walked.

The desk is that of `tests.architecture.matrix`: rows in one organization, people of all roles, and
somebody of another organization.
"""
