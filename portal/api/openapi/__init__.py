"""The OpenAPI document, and the viewers that show it."""
