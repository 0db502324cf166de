"""Use cases without a model, one noun per file."""
