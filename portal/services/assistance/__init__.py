"""What is asked of a language model, what leaves for it, and what it costs."""
