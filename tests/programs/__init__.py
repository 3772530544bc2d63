"""Other programs open what was exported: ``make relion``, ``make copick``; not part of CI."""
