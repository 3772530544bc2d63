"""How far what comes out can be trusted: intervals, thresholds, novelty, suspicious labels."""
