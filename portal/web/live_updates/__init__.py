"""Server-sent events that tell an open page to load its fragments again."""
