"""The report: one HTML file with everything that is known of runs, to be read without a network."""
