"""What the numbers of a box cost, block by block, beside the same formulas written plainly."""
