"""The version of the rules: drafts that were checked by other rules are checked again."""

RULES_VERSION = 2
"""Raise it with every change after which a check may answer differently for the same text and facts."""
