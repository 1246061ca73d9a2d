"""Mail: messages (pure: rows in, message out) and transport (a folder, SMTP)."""
