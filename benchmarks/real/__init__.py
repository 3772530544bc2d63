"""Campaigns on real tomograms whose truth is known."""
