"""Versioned prompt files and the module that loads them."""
