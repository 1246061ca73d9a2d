"""What is owed by mail: what is due, and how the mail server does."""
