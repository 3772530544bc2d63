"""A map of boxes: rows of numbers as points in a plane, neighbours beside neighbours."""
