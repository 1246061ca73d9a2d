"""Endpoints of organizations and their members."""
