"""The suite in stages, and what becomes of a failed test: docs/decisions/0024-three-stages.md."""
