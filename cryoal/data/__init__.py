"""From tomograms to a pool of boxes with stable keys: tomogram, extract, pool, labels."""
