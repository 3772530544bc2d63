"""``python -m cryoal``: the program ``cryoal`` of this very Python."""

import sys

from cryoal.cli import main

if __name__ == "__main__":
    sys.argv[0] = "cryoal"
    sys.exit(main())
