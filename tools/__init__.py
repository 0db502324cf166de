"""Tools for models: typed functions over services."""
