"""What a query costs: time and peak memory of each strategy, against scikit-activeml."""
