"""What the sweeps do, by what it is about. Each part is registered where it stands."""
