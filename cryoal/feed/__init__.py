"""Boxes in batches, and the device that they go to: below all that learns or looks."""
