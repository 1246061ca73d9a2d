"""Questions of trust, in one place: who may do what, passwords, sessions, what text is taken in."""
