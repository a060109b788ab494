"""What on this machine disturbs measurements: one small check for each cause, changing nothing."""
