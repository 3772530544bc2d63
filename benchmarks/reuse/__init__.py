"""What labels of an earlier campaign save in the next one."""
