"""Scoring by the pair: time, memory and bits, its parts, and other ways beside it."""
