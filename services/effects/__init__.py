"""Effects: approve, schedule, send, reverse, erase; for api and jobs only."""
