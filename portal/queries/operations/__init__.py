"""Both logs, and the signs of life of what works in the background."""
