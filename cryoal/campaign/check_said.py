"""What a check says: a line a tomogram, one sentence, and all of it as plain values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryoal.how_many import how_many

if TYPE_CHECKING:
    from cryoal.campaign.check import Check, Checked
    from cryoal.placement.verdict import Verdict
    from cryoal.records import Json

__all__ = ["as_json", "found_in", "lines", "sentence"]

AXES = "zyx"


def sentence(check: Check) -> str:
    """What was found, in one sentence."""
    where = how_many(len(check.tomograms), "tomogram")
    if check.together.is_wrong or not check.is_wrong:
        return found_in(check.together, f"in {where}")
    wrong = [one for one in check.tomograms if one.verdict.is_wrong]
    more = f" (and in {len(wrong) - 1} more something is wrong)" if len(wrong) > 1 else ""
    return found_in(wrong[0].verdict, f"in {wrong[0].name}{more}")


def found_in(verdict: Verdict, where: str) -> str:
    """What a verdict says of the picks `where` they are."""
    picks = f"the {how_many(verdict.n, 'pick')} {where}"
    if verdict.better is not None and verdict.better.kind == "offset":
        return (
            f"{picks} lie on something, but beside its middle: {verdict.better.name} fits clearly "
            f"better (T2 {verdict.offset.t2 if verdict.offset else 0:.0f})"
        )
    if verdict.better is not None:
        alike = f", or {verdict.alike[0]}, which fits as well" if verdict.alike else ""
        return (
            f"{picks} fit clearly better with {verdict.better.name}{alike}: contrast of "
            f"{verdict.better_z:.1f} standard deviations, where as read it is {abs(verdict.z):.1f}"
        )
    if verdict.are_outside:
        inside = " or ".join(verdict.brings_inside[:3])
        return (
            f"of {picks} {verdict.n - verdict.n_inside} lie outside"
            + (f", and none with {inside}" if inside else "")
            + "; the density of those inside does not tell what is wrong"
        )
    if verdict.fits:
        way = "brighter" if verdict.z > 0 else "darker"
        return (
            f"{picks} are {way} than what is around them ({abs(verdict.z):.1f} standard "
            f"deviations, p {_p(verdict.p)}), and no other reading fits clearly better"
            f"{_beside(verdict)}"
        )
    seen = "" if verdict.n_seen == verdict.n else f", of which {verdict.n_seen} were looked at,"
    return (
        f"{picks}{seen} hardly differ from what is around them ({abs(verdict.z):.1f} standard "
        f"deviations, p {_p(verdict.p)}), nor does any other reading fit: too few picks or too "
        f"faint to tell, or of another tomogram"
    )


def _beside(verdict: Verdict) -> str:
    """What to say of half a voxel, which may be the picks' or the surroundings'."""
    if verdict.offset is None or verdict.offset.better is None:
        return ""
    return (
        f"; {verdict.offset.better.name} would fit better, unless what is beside the particles (a "
        f"membrane) looks so"
    )


def lines(one: Checked) -> list[str]:
    """Counts, spans and what the density says of one tomogram."""
    verdict = one.verdict
    spans = ", ".join(
        f"{AXES[i]} {one.low_zyx[i]:.0f} to {one.high_zyx[i]:.0f} of {one.shape[i]}"
        for i in reversed(range(3))
    )
    out = [
        f"{one.name}: {verdict.n_inside} of {how_many(verdict.n, 'pick')} inside; voxels {spans}",
        f"  contrast {verdict.effect:+.2f} sigma against the same picks shifted (z "
        f"{verdict.z:+.1f}, p {_p(verdict.p)}), {verdict.random_effect:+.2f} against random "
        f"places (p {_p(verdict.random_p)})",
    ]
    if verdict.better is not None:
        out.append(f"  fits clearly better: {verdict.better.name}")
    return out


def as_json(check: Check) -> dict[str, Json]:
    """For scripts."""
    return {
        "sentence": sentence(check),
        "wrong": check.is_wrong,
        "box": check.box,
        "together": _verdict(check.together),
        "tomograms": {
            one.name: {
                "path": str(one.path),
                "shape_zyx": list(one.shape),
                "lowest_zyx_voxels": list(one.low_zyx),
                "highest_zyx_voxels": list(one.high_zyx),
                **_verdict(one.verdict),
            }
            for one in check.tomograms
        },
    }


def _verdict(verdict: Verdict) -> dict[str, Json]:
    offset = verdict.offset
    return {
        "picks": verdict.n,
        "inside": verdict.n_inside,
        "looked_at": verdict.n_seen,
        "against_shifted": {"effect": verdict.effect, "z": verdict.z, "p": verdict.p},
        "against_random": {"effect": verdict.random_effect, "p": verdict.random_p},
        "fits": verdict.fits,
        "better": None if verdict.better is None else verdict.better.name,
        "better_z": verdict.better_z,
        "better_by_sigma": verdict.lead,
        "fits_as_well": list(verdict.alike),
        "offset": None
        if offset is None
        else {
            "voxels_zyx": list(offset.voxels_zyx),
            "standard_error_zyx": list(offset.error_zyx),
            "t2": offset.t2,
            "fits_better": None if offset.better is None else offset.better.name,
        },
        "brings_inside": list(verdict.brings_inside),
        "z_of_readings": dict(verdict.z_of),
    }


def _p(p: float) -> str:
    return f"{p:.2g}" if p >= 1e-12 else "below 1e-12"
