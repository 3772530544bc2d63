#!/usr/bin/env bash
# scikit-learn 1.9.1: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
#
# What it does: the covariance that all classes share is not estimated from all rows at once. Each class gets its own
# covariance, divided by its size and shrunk by an intensity of its own; these are averaged by the classes' shares. A class of
# one row has no spread to show and counts as a covariance of ZERO. The only word of it is the warning that one sample is
# available and that one may want to reshape the data. With few rows for each class the variance comes out much too small, and
# the posteriors much too sure: on noise without any signal, with more features than rows, they are about 0.95 for new rows
# of noise. More shrinkage does not mend that.
#
# What a good guess would be: the rows, less the means of their classes, are pooled, divided by rows - classes, and shrunk
# once; a class of one row then says nothing of the covariance. Shrinkage makes posteriors on noise cautious.
#
# Seen:
#   20 classes of 2 rows, variance 1: pooled 0.98, LDA 0.49
#   20 classes of 10 rows, variance 1: pooled 1.00, LDA 0.90
#   10 rows in one class and 30 classes of one row, variance 1: pooled 0.99, LDA 0.22
#   26 rows of noise, 400 features, shrinkage auto: mean highest posterior of new noise 0.95, right 0.49
#   26 rows of noise, 400 features, shrinkage 0.9: mean highest posterior of new noise 0.94, right 0.50
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
  scikit-learn==1.9.1 numpy==2.4.6 scipy==1.17.1
cd "$folder"
OMP_NUM_THREADS=1 "$folder/venv/bin/python" - <<'EOF'
import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

random = np.random.default_rng(0)


def variances(sizes, features=400):
    """Mean variance by pooling, and by LDA, of classes of white noise of variance 1."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    rows = random.normal(size=(len(labels), features))
    means = np.stack([rows[labels == each].mean(0) for each in range(len(sizes))])
    pooled = ((rows - means[labels]) ** 2).sum(0).mean() / (len(labels) - len(sizes))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto").fit(rows, labels)
    return pooled, np.diag(lda.covariance_).mean(), {str(each.message) for each in said}


for count, low, high in ((2, 0.45, 0.6), (10, 0.86, 0.95)):
    pooled, lda, _ = variances([count] * 20)
    print(f"20 classes of {count} rows, variance 1: pooled {pooled:.2f}, LDA {lda:.2f}")
    assert 0.97 < pooled < 1.03 and low < lda < high

pooled, lda, said = variances([10] + [1] * 30)
print(f"10 rows in one class and 30 classes of one row, variance 1: pooled {pooled:.2f}, LDA {lda:.2f}")
print(f"  warnings: {sorted(said)}")
assert 0.9 < pooled < 1.1 and 0.18 < lda < 0.28
assert not any("covariance" in each or "class" in each for each in said)

for shrinkage in ("auto", 0.9):
    sure, right = [], []
    for _ in range(10):
        rows, labels = random.normal(size=(26, 400)), np.arange(26) % 2
        new, meant = random.normal(size=(1000, 400)), random.integers(0, 2, 1000)
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(rows, labels)
        sure.append(lda.predict_proba(new).max(1).mean())
        right.append((lda.predict(new) == meant).mean())
    sure, right = np.mean(sure), np.mean(right)
    print(f"26 rows of noise, 400 features, shrinkage {shrinkage}: mean highest posterior of new noise {sure:.2f}, right {right:.2f}")
    assert sure > 0.9 and abs(right - 0.5) < 0.05
EOF
