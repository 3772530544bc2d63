#!/usr/bin/env bash
# Builds the wheel, checks what is in it, and imports it in an environment of its own.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python -m build -q --wheel --outdir "$work" .
check-wheel-contents --config pyproject.toml "$work"/*.whl
python -m venv "$work/venv"
"$work/venv/bin/python" -m pip install -q --disable-pip-version-check -c constraints.txt "$work"/*.whl
cd "$work"
"$work/venv/bin/cryoal" --version
"$work/venv/bin/cryoal" list presets
"$work/venv/bin/cryoal" list strategies
"$work/venv/bin/python" -c "import cryoal, cryoal_kernels; import cryoal.campaign.report; print('wheel imports')"
OMP_NUM_THREADS=1 "$work/venv/bin/cryoal" doctor --self-test
