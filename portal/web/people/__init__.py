"""Sessions, step-up, known browsers, form fields and the account log."""
