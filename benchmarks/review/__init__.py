"""What a review costs: cards, key presses, opening, memory."""
