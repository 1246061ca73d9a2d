"""Pages of the administration about what helps the staff to sort and to write."""
