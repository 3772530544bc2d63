"""What workers of this machine cost, and from how much work on they pay."""
