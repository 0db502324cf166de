"""What approves, schedules, sends, reverses or erases; for api and jobs only."""
