#!/usr/bin/env bash
# starfile 0.5.13: a name with a hash in it
#
# What it does: write() puts text without white space into the file as it is, and read() takes a hash anywhere in a line of a
# loop for the beginning of a comment. So a table that starfile has written comes back with the name cut off and every value to the
# right of it NaN, coordinates too; columns of whole numbers become float. No warning. (RELION takes a hash for a comment only
# where a word begins: nextTokenInSTAR in strings.cpp. It reads the same file whole.)
#
# What a good guess would be: what starfile wrote it reads back, or it refuses to write it. It reads "TS#2" where the file has
# quotes around it, and write(..., quote_all_strings=True) puts them there.
#
# Seen:
#   written: TS#2 at 2.5, 20; read back: TS at nan, nan
#   with quote_all_strings: TS#2 at 2.5, 20
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  starfile==0.5.13 pandas==2.3.3 numpy==2.4.6
cd "$folder"
"$folder/venv/bin/python" - <<'EOF'
import warnings

import pandas
import starfile

warnings.simplefilter("error")
table = pandas.DataFrame(
    {"rlnTomoName": ["TS_1", "TS#2", "TS_3"], "rlnCoordinateX": [1.5, 2.5, 3.5], "rlnCoordinateY": [10, 20, 30]}
)
starfile.write({"particles": table}, "plain.star")
starfile.write({"particles": table}, "quoted.star", quote_all_strings=True)
plain, quoted = starfile.read("plain.star"), starfile.read("quoted.star")
name, x, y = plain.iloc[1]
print(f"written: TS#2 at 2.5, 20; read back: {name} at {x}, {y}")
print("with quote_all_strings: {} at {}, {}".format(*quoted.iloc[1]))
assert (name, str(x), str(y)) == ("TS", "nan", "nan")
assert quoted.equals(table)
EOF
