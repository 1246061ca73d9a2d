"""What `jobs.inbound` is made of: a mail server brings mails, and is told what became of each."""
