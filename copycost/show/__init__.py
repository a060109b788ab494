"""HOW people see it: tables, charts, exports."""
