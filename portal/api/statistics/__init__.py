"""The statistics for programs."""
