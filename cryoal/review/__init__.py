"""The review: boxes in front of an expert, one key each, without any screen in here."""
