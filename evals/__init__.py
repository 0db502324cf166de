"""Prompt regression: datasets, solver, graders, report."""
