"""What every command takes at 10^4 to 10^6 boxes: seconds, memory, and how they grow."""
