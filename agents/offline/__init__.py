"""A small deterministic model behind the OpenAI wire, for demos and wiring tests."""
