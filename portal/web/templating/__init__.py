"""What Jinja is given: filters, labels, cached fragments, static files, lists of time zones."""
