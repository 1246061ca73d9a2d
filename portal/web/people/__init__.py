"""Sessions, the proof of presence, known browsers, and how an account is told of."""
