"""What a model may call: plain typed functions over services."""
