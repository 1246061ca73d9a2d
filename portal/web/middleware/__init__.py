"""What happens before and after every request, whichever view answers it."""
