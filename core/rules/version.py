"""The version of the rules; drafts checked with another version are rechecked."""

RULES_VERSION = 2
"""Raise it with every change that may alter a check's result for the same text and facts."""
