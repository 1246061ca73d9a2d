"""What the pages of organizations share."""
