#!/usr/bin/env bash
# scipy 1.17.1: scipy.ndimage.gaussian_filter of a volume of integers (int8 is mode 0 of MRC, common for tomograms)
#
# What it does: the result has the input's dtype, and so has what is kept between the three axes; each of the three passes cuts the fraction off
# towards zero. A volume of mean 10 comes out with mean 8.5; noise of standard deviation 3 about zero becomes almost all zeros: ten times less
# is left than the filter leaves. No warning. output=float filters the same volume rightly.
#
# What a good guess would be: one rounding to the nearest at the end: the mean is kept, the noise off by 0.3 at the most
# (or a result in floats).
#
# Seen:
#   mean 10.01 before, 8.52 after, 10.01 with output=float
#   noise of standard deviation 3.01 about 0: after 0.050, with output=float 0.489
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  numpy==2.4.6 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'EOF'
import numpy as np
from scipy.ndimage import gaussian_filter

noise = (np.random.default_rng(0).normal(size=(32, 32, 32)) * 3).round().astype(np.int8)
raised = (noise + 10).astype(np.int8)
after, exact = gaussian_filter(raised, 1.0), gaussian_filter(raised, 1.0, output=float)
print(f"mean {raised.mean():.2f} before, {after.mean():.2f} after, {exact.mean():.2f} with output=float")
assert after.dtype == np.int8 and abs(exact.mean() - raised.mean()) < 0.02 and 1.2 < raised.mean() - after.mean() < 1.8

after, exact = gaussian_filter(noise, 1.0), gaussian_filter(noise, 1.0, output=float)
print(
    f"noise of standard deviation {noise.std():.2f} about 0: after {after.std():.3f}, with output=float {exact.std():.3f}"
)
assert after.std() < exact.std() / 5
EOF
