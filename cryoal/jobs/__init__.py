"""Commands in processes of their own: progress, cancelling, one training at a time."""
