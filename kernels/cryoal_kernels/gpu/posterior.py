"""What one class contributes to a distance of two posteriors; shared by rows and dense maps.

The formulas are those of :mod:`cryoal_kernels.reference.scores`, with a series where the reference
has ``expm1``, which Triton has only in libdevice.
"""

from __future__ import annotations

import triton
import triton.language as tl

__all__ = ["class_term", "row_gap"]


@triton.jit
def excess(d, COMPUTE: tl.constexpr):
    """``d + expm1(-d)`` for ``|d| < 0.5`` by Horner's rule: d^2 (1/2 - d/6 + d^2/24 ...)."""
    total = d * 0
    if COMPUTE == tl.float64:  # 0.5^16 2/18! is below 2^-53
        total = 2.8114572543455206e-15 - d * total  # 1/17!
        total = 4.779477332387385e-14 - d * total  # 1/16!
        total = 7.647163731819816e-13 - d * total  # 1/15!
        total = 1.1470745597729725e-11 - d * total  # 1/14!
        total = 1.6059043836821613e-10 - d * total  # 1/13!
        total = 2.08767569878681e-09 - d * total  # 1/12!
        total = 2.505210838544172e-08 - d * total  # 1/11!
    total = 2.755731922398589e-07 - d * total  # 1/10!
    total = 2.7557319223985893e-06 - d * total  # 1/9!
    total = 2.48015873015873e-05 - d * total  # 1/8!
    total = 0.0001984126984126984 - d * total  # 1/7!
    total = 0.001388888888888889 - d * total  # 1/6!
    total = 0.008333333333333333 - d * total  # 1/5!
    total = 0.041666666666666664 - d * total  # 1/4!
    total = 0.16666666666666666 - d * total  # 1/3!
    total = 0.5 - d * total  # 1/2!
    return d * d * total


@triton.jit
def row_gap(max_t, total_t, max_s, total_s, INVERSE: tl.constexpr):
    """``log sum exp`` of the teacher's row less the student's, the large parts first."""
    return (max_t - max_s) * INVERSE + (tl.log(total_t) - tl.log(total_s))


@triton.jit
def class_term(
    t, s, max_t, max_s, share_t, share_s, gap,
    METRIC: tl.constexpr, INVERSE: tl.constexpr, COMPUTE: tl.constexpr,
):  # fmt: skip
    """The contribution of a class with logits `t` and `s`; never negative.

    `share` is one over the total of the row, `gap` is :func:`row_gap`.
    """
    p = tl.exp((t - max_t) * INVERSE) * share_t
    q = tl.exp((s - max_s) * INVERSE) * share_s
    if METRIC == "mse":
        return (p - q) * (p - q)
    d = (t - s) * INVERSE - gap
    is_near = tl.abs(d) < 0.5
    near = excess(tl.where(is_near, d, 0.0), COMPUTE)
    minus_infinity = float("-inf")
    if METRIC == "kl":
        term = tl.where(is_near, p * near, p * (d - 1) + q)
        term = tl.where(t == minus_infinity, q, term)  # 0 log 0 = 0, also where both are masked
        impossible = (s == minus_infinity) & (t > minus_infinity)
        return tl.where(impossible, float("inf"), term)  # even where p underflows to 0
    # Jensen-Shannon: m/2 ((1 + x) log(1 + x) + (1 - x) log(1 - x)), p = m (1 + x), x = tanh(d/2)
    z = near - tl.where(is_near, d, 0.0)  # expm1(-d)
    x = z / (2 + z)
    square = x * x
    series = square * 0
    if COMPUTE == tl.float64:  # x^2 + x^4/6 + x^6/15 ..., x < 0.245
        for k in tl.static_range(13):
            series = (1 / ((13 - k) * (25 - 2 * k)) + series) * square
    else:
        for k in tl.static_range(6):
            series = (1 / ((6 - k) * (11 - 2 * k)) + series) * square
    small = tl.exp(-tl.abs(tl.where(is_near, 1.0, d)))  # 1 - |x| = 2 small / (1 + small)
    low, high = 2 * small / (1 + small), 2 / (1 + small)
    log_low = tl.log(tl.where(low > 0, low, 1.0))
    direct = high * tl.log(high) + low * log_low
    term = tl.where(is_near, series, direct) * (p + q) * 0.25
    return tl.where((p == 0) & (q == 0), 0.0, term)
