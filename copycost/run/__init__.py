"""WHO starts it: settings, sessions, schedule, record, resume, cluster."""
