"""Making copies of personal data, and forgetting people."""
