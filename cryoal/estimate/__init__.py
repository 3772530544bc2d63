"""Intervals and estimators: what a sample says of the pool that it was drawn from."""
