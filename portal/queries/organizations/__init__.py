"""Organizations, their members, credentials and open invitations."""
