"""Opening accounts, proving who one is, and ending what opens an account."""
