"""What is measured of the candidates before a strategy ranks them."""
