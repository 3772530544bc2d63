"""Other programs open what was exported: ``make relion``, ``make copick``. Not part of ``make test``."""
