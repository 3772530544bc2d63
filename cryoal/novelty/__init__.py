"""Which boxes are like some others, and which are like none that has a label."""
