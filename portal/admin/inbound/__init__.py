"""`/admin/mail`: mails that came in, and what became of each."""
