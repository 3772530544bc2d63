"""What tests, plug-ins and the demo stand on: phantom tomograms, pools in memory, contracts."""
