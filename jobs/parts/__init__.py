"""The parts of the sweeps, a module for each domain.

Each part is registered where it is defined.
"""
