"""Whether an error in a file of picks is named, and a right file is not."""
