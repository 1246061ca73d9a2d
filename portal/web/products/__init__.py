"""Products as pages show them."""
