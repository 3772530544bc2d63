"""How many boxes go through the pair at once: time, memory and bits."""
