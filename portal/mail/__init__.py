"""Mail: composing messages (pure functions), and transports (folder, SMTP)."""
