"""The HTTP surface: translates, decides nothing."""
