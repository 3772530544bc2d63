#!/usr/bin/env bash
# kymatio 0.3.0 (scipy 1.11.4, numpy 1.26.4; Python 3.11 or 3.12): HarmonicScattering3D
#
# What it does, in three ways:
#   1. A volume and its negative have the same features to the last bit, degree 0 included: a dark particle in bright ice and
#      a bright one in dark ice are one.
#   2. Degree 0 answers to a constant added to the volume. It is a Gaussian that passes the mean, not a wavelet. Degrees 1 and
#      up do not see the constant.
#   3. The second order filters the moduli of degree l with the wavelets of the same degree l only.
#
# What a good guess would be: the lowest degree tells dark from bright, since a Gaussian average has a sign; wavelets have no
# mean; second-order scattering pairs every first filter with every coarser second one, as in the 2-D transform.
#
# Seen:
#   largest difference between features of a volume and its negative: 0.0 (largest feature 501.4)
#   constant 1 added, features by degree: times 8.169, 10.47 and 8.169 at degree 0; 1.0 at degrees 1 and 2
#   filters of one degree doubled: first order of this degree times 2, second times 4, all others times 1
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  kymatio==0.3.0 scipy==1.11.4 numpy==1.26.4
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'EOF'
import numpy as np
from kymatio.numpy import HarmonicScattering3D


def transform():
    return HarmonicScattering3D(J=1, shape=(16, 16, 16), L=2, sigma_0=1.0, max_order=2, integral_powers=(1.0,))


place = np.arange(16) - 8
blob = 3 * np.exp(-((place[:, None, None] - 1) ** 2 / 8 + (place[:, None] + 2) ** 2 / 18 + place**2 / 3))
volume = (blob - blob.mean())[None].astype(np.float32)

# Rows: first order at scale 0, at scale 1, second order 0 -> 1. Columns: degrees 0, 1, 2.
features = transform()(volume)[0, :, :, 0]
assert features.shape == (3, 3)
difference = np.abs(features - transform()(-volume)[0, :, :, 0]).max()
print(f"largest difference between features of a volume and its negative: {difference} (largest feature {features.max():.1f})")
assert difference == 0

raised = transform()(volume + 1)[0, :, :, 0] / features
print(f"constant 1 added, features by degree:\n{raised.round(4)}")
assert (raised[:, 0] > 2).all() and np.allclose(raised[:, 1:], 1, atol=1e-3)

for degree in range(3):
    changed = transform()
    changed.filters[degree] = changed.filters[degree] * 2
    ratio = changed(volume)[0, :, :, 0] / features
    print(f"filters of degree {degree} doubled, features by degree:\n{ratio.round(4)}")
    expected = np.ones((3, 3))
    expected[:, degree] = 2, 2, 4
    assert np.allclose(ratio, expected, atol=1e-4)
EOF
