"""The organization of the account: name and members, invitations, credentials, mail domains."""
