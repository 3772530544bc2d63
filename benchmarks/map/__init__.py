"""The map: libraries beside each other, and ours."""
