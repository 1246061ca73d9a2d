"""Moving the desk into another database, and its state meanwhile."""
