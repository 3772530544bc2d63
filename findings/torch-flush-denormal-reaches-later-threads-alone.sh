#!/usr/bin/env bash
# torch 2.13.0 (CPU build): torch.set_flush_denormal with more than one thread
#
# What it does: the switch is that of the thread that calls it, and a new thread begins with that of the thread that made it. So what it is worth depends
# on what ran before: called before anything that ran on several threads, all of an array is flushed; called after it, torch's other threads
# stay as they were, and one part of the array holds zeros, the next numbers of 1e-40. It returns True both times. Two runs of one program give other bits where one
# of them had a warm-up.
#
# What a good guess would be: the mode is that of the process, as the documentation reads ("Disables denormal floating numbers on CPU").
#
# Seen (two threads, a million products of 1e-30 and 1e-10):
#   called first: 1048576 of 1048576 flushed
#   called after work on two threads: 524288 of 1048576 flushed
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
install() { "$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: torch==2.13.0+cpu numpy==2.4.6 "$@"; }
install 2>/dev/null || install --extra-index-url https://download.pytorch.org/whl/cpu
cd "$folder"
cat > flush.py <<'EOF'
import sys
import torch

torch.set_num_threads(2)
n = 1 << 20
after = sys.argv[1] == "after"
if after:
    torch.ones(n).exp()
assert torch.set_flush_denormal(True)
products = torch.full((n,), 1e-30) * 1e-10
flushed = int((products.view(torch.int32) == 0).sum())
print(f"called {'after work on two threads' if after else 'first'}: {flushed} of {n} flushed")
assert (0 < flushed < n) if after else flushed == n
EOF
for order in first after; do "$folder/venv/bin/python" -W ignore flush.py $order; done
