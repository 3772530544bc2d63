"""Many processes and machines that do the work of one."""
