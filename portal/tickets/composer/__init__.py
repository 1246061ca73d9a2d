"""What people write: new tickets, answers, drafts, saved replies, and answers that wait."""
