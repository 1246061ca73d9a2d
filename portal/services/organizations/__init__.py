"""Members, invitations and credentials of a company."""
