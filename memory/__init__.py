"""Access to MongoDB, Redis and Chroma, and the bundled servers."""
