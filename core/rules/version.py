"""The version of the rules; drafts checked with another version are rechecked."""

RULES_VERSION = 3
"""Raise it with every change after which a check may answer differently for the same text and facts."""
