"""Customers' companies, their members and their open invitations."""
