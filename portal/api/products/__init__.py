"""Endpoints of products at marketplaces."""
