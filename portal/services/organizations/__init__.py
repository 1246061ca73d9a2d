"""Members, invitations, credentials and tickets of organizations."""
