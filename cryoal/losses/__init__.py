"""What the student is taught by, one loss a file."""
