"""How fast the first word comes and what a token costs, beside the model alone and the plain stack."""
