"""Comparisons of strategies: statistics over seeds, tables, figures and the report."""
