"""Published data sets in their own layouts: one file each, numpy alone."""
