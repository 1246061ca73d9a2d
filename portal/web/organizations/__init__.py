"""The form for a company's credentials."""
