"""Pages of the administration about what helps the staff to write."""
