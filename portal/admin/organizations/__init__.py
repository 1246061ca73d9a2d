"""Pages of the administration about organizations: access, plans, mail domains."""
