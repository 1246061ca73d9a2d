"""What runs behind the pages: jobs, mails, logs and settings."""
