"""How long a user waits for the command line."""
