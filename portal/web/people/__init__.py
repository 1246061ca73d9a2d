"""Sessions, guards, step-up, known browsers, form fields and the account log."""
