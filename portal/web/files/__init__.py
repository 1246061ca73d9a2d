"""Uploaded files: from a form into the file store, and back as downloads."""
