"""What happens to a campaign when things go wrong: counted, not timed."""
