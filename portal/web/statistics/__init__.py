"""The statistics as people and programs read them."""
