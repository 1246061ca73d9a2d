"""The web server's own parts: the loop in which clients wait, and where its metrics are kept."""
