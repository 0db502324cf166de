"""Rules that a program checks: platforms, claims, wording, links."""
