"""Drawing boxes for the audit, and giving a finished one to training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cryoal.campaign.audit import audit_now, members, still_there, without_audit
from cryoal.campaign.audit_file import FILE, Audit, Draw, Gift, Stratum, change_audit
from cryoal.campaign.predictions import current_predictions
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.errors import CampaignError, ConfigError
from cryoal.estimate.allocate import allocate
from cryoal.progress import SILENT
from cryoal.records import now
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.audit_file import How, Kind
    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress

__all__ = ["draw_audit", "give_audit", "n_left"]


def draw_audit(
    campaign: Campaign,
    n: int,
    *,
    stratify: bool = False,
    seed: int | None = None,
    progress: Progress = SILENT,
) -> Draw:
    """Draw `n` boxes more for the audit, from all that have no answer yet.

    Boxes at the border of their tomogram are among them, those that are kept for measuring and
    those that the last query still asks are not.

    Parameters
    ----------
    stratify
        Draw from each predicted class, the rare ones more often than by size; the pool is
        classified first where that is not current. Boxes that were drawn from before are sorted by
        predicted class once, the others keep their strata.
    seed
        In place of the config's.

    Raises
    ------
    ConfigError
        `n` is not positive.
    CampaignError
        Fewer than `n` boxes are left, the campaign cannot be written to, or with `stratify` fewer
        than two classes are labelled.
    """
    if n < 1:
        raise ConfigError(f"expected at least 1 box to draw for the audit, found {n}")
    campaign.require_writable()
    _ = campaign.audit  # refused now, not after a training
    predicted: dict[str, str] | None = None
    if stratify:
        found = current_predictions(campaign, progress=progress)
        classes = campaign.config.classes
        # the classifier's own class: an expert's answer would sort the audit by what it found
        best = found.probability.argmax(axis=1).tolist()
        predicted = {key: classes[c] for key, c in zip(found.keys, best, strict=True)}
    used = campaign.config.seed if seed is None else seed
    changed = change_audit(
        campaign.path / FILE,
        campaign.identity,
        lambda audit: _with_draw(campaign, audit, n, predicted, used),
    )
    return changed.draws[-1]


def give_audit(campaign: Campaign) -> tuple[str, ...]:
    """Give the finished audit to training and return its boxes; it says nothing any more.

    Raises
    ------
    CampaignError
        There is no audit, some of its boxes have no answer, or the campaign cannot be written to.
    """
    campaign.require_writable()
    now_ = audit_now(campaign)
    if now_ is None or not now_.keys:
        raise CampaignError(
            f"expected an audit to give to training in {campaign.typed}, found none: "
            + command("audit", campaign.typed, "-n", 60)
        )
    if now_.open:
        raise CampaignError(
            f"expected an audit with all of its {len(now_.keys)} boxes answered, found "
            f"{len(now_.open)} without an answer in {campaign.typed}: "
            + command("review", campaign.typed, "--queue", "audit")
        )
    gift = Gift(now(), now_.keys)
    change_audit(
        campaign.path / FILE,
        campaign.identity,
        lambda audit: replace(audit, given=(*audit.given, gift)),
    )
    return now_.keys


def n_left(campaign: Campaign) -> int:
    """How many boxes can still be drawn."""
    inside = members(campaign)
    return sum(key not in inside for key in _frame(campaign))


def _with_draw(
    campaign: Campaign, audit: Audit, n: int, predicted: Mapping[str, str] | None, seed: int
) -> Audit:
    number, cycle = len(audit.draws) + 1, campaign.next_cycle()
    inside = members(campaign)
    strata = _strata(campaign, audit, number, cycle, predicted, keep=bool(inside))
    free = [[key for key in s.keys if key not in inside] for s in strata]
    n_free = sum(map(len, free))
    if n > n_free:
        left = f"all {n_free} that are left without an answer" if n_free else "none are left"
        raise CampaignError(
            f"expected at most {n_free} boxes to draw for the audit of {campaign.typed}, {left}, "
            f"found {n}"
        )
    added = allocate(
        n,
        [len(s.keys) for s in strata],
        [len(s.keys) - len(some) for s, some in zip(strata, free, strict=True)],
    )
    rng = stream(seed, "audit", number)
    drawn = [
        some[place]
        for some, m in zip(free, added, strict=True)
        for place in rng.choice(len(some), m, replace=False).tolist()
        if some
    ]
    how: How = "uniform" if predicted is None else "stratified"
    keys = tuple(drawn[place] for place in rng.permutation(n).tolist())
    made = Draw(number, now(), how, seed, cycle, keys)
    return replace(audit, draws=(*audit.draws, made), strata=tuple(strata))


def _strata(
    campaign: Campaign,
    audit: Audit,
    number: int,
    cycle: int,
    predicted: Mapping[str, str] | None,
    *,
    keep: bool,
) -> list[Stratum]:
    """Every box without an answer in its stratum, in pool order: the one it has, or a new one.

    Without boxes in the audit (not `keep`) all strata are new.
    """
    frame = _frame(campaign)
    before = still_there(campaign, audit) if keep else {}
    asked = {one.key for folder in campaign.cycles() for one in read_query(folder).asked}
    strata: dict[tuple[int, Kind, str], list[str]] = {}
    for key in frame:
        kind: Kind = "asked" if key in asked else "all"
        at, name = number, str(kind)
        if key in before:
            old = audit.strata[before[key]]
            at, kind, name = old.draw, old.kind, old.name
        if predicted is not None and kind == "all":
            kind, name = "predicted", predicted[key]
        strata.setdefault((at, kind, name), []).append(key)
    cycles = {draw.number: draw.cycle for draw in audit.draws} | {number: cycle}
    return [
        Stratum(kind, name, at, cycles[at], tuple(keys))
        for (at, kind, name), keys in sorted(strata.items())
    ]


def _frame(campaign: Campaign) -> list[str]:
    """Keys that could still get a label, in pool order; those that the last query asks are out."""
    standing = campaign.standing()
    out = {*without_audit(campaign, standing).answered, *campaign.test_labels()}
    out |= campaign.audit.let_go()  # whose answer was taken back since
    cycles = campaign.cycles()
    if cycles:
        out.update(read_query(cycles[-1]).keys())
    return [key for key in campaign.pool.keys.tolist() if key not in out]
