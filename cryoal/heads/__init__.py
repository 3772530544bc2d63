"""Classifiers on descriptors: fitted in milliseconds, chosen by the labels themselves."""
