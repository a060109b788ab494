"""WHO starts it: processes, the schedule, progress."""
