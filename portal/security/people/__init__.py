"""What shows who somebody is: passwords, factors, sessions, tokens, keys, links."""
