"""The use cases without a model, one noun a file."""
