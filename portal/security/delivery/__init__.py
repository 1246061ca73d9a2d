"""HTTP calls to servers whose address a user typed, and signatures of webhooks."""
