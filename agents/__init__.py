"""The specialists, the router, the model gateway and the offline model."""
