"""The worker process and the supervisor of `make run`."""
