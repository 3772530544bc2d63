"""Blocks of numbers that formulas tell of each box, before anything is learnt."""
