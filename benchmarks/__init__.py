"""Time to first token and CPU per token, compared with the model alone and a plain stack."""
