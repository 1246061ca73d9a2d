""": files of other desks, and what became of them."""
