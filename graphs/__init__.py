"""How specialists are joined into runs."""
