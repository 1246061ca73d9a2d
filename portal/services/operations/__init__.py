"""What the desk does for itself: logs, repeated requests, keys, stored files."""
