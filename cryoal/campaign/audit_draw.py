"""Drawing boxes for the audit, and giving a finished one to training."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.audit import audit_now, members, still_there, without_audit
from cryoal.campaign.audit_file import FILE, Audit, Draw, Gift, Stratum, change_audit
from cryoal.campaign.audit_seen import NONE, Seen
from cryoal.campaign.predictions import current_predictions
from cryoal.campaign.query import read_query
from cryoal.commands import command
from cryoal.errors import CampaignError, ConfigError
from cryoal.estimate.allocate import allocate
from cryoal.progress import SILENT
from cryoal.records import now
from cryoal.seeds import stream

if TYPE_CHECKING:
    from numpy.typing import NDArray

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
    UnknownKeyError
        The audit names a box that the pool does not have; a draw would forget its stratum.
    """
    if n < 1:
        raise ConfigError(f"expected at least 1 box to draw for the audit, found {n}")
    campaign.require_writable()
    _ = campaign.audit  # refused now, not after a training
    predicted: NDArray[np.int64] | None = None
    if stratify:
        found = current_predictions(campaign, progress=progress)
        predicted = np.zeros(len(campaign.pool), np.int64)
        # the classifier's own class: an expert's answer would sort the audit by what it found
        predicted[campaign.pool.index(found.keys)] = found.probability.argmax(axis=1)
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
    return len(np.setdiff1d(_frame(campaign), campaign.pool.index([*members(campaign)])))


def _with_draw(
    campaign: Campaign, audit: Audit, n: int, predicted: NDArray[np.int64] | None, seed: int
) -> Audit:
    number, cycle = len(audit.draws) + 1, campaign.next_cycle()
    inside = members(campaign)
    strata, places = _strata(campaign, audit, number, cycle, predicted, keep=bool(inside))
    is_free = np.ones(len(places), bool)
    is_free[campaign.pool.index([*inside])] = False
    sizes = [int(np.count_nonzero(places == place)) for place in range(len(strata))]
    free = [np.flatnonzero((places == place) & is_free) for place in range(len(strata))]
    n_free = sum(map(len, free))
    if n > n_free:
        left = f"all {n_free} that are left without an answer" if n_free else "none are left"
        raise CampaignError(
            f"expected at most {n_free} boxes to draw for the audit of {campaign.typed}, {left}, "
            f"found {n}"
        )
    added = allocate(n, sizes, [size - len(some) for size, some in zip(sizes, free, strict=True)])
    rng = stream(seed, "audit", number)
    drawn = np.concatenate(
        [some[rng.choice(len(some), m, replace=False)] for some, m in zip(free, added, strict=True)]
    )
    keys = tuple(campaign.pool.keys[drawn[rng.permutation(n)]].tolist())
    how: How = "uniform" if predicted is None else "stratified"
    made = Draw(number, now(), how, seed, cycle, keys)
    return replace(
        audit,
        draws=(*audit.draws, made),
        strata=strata,
        seen=Seen.of(campaign.pool.keys.tolist(), places),
    )


def _strata(
    campaign: Campaign,
    audit: Audit,
    number: int,
    cycle: int,
    predicted: NDArray[np.int64] | None,
    *,
    keep: bool,
) -> tuple[tuple[Stratum, ...], NDArray[np.int64]]:
    """The strata, and the place of each box of the pool: the one it has, or a new one.

    -1 where a box has an answer. Without boxes in the audit (not `keep`) all strata are new.
    """
    pool, frame = campaign.pool, _frame(campaign)
    old = [(one.draw, one.kind, one.name) for one in audit.strata] if keep else []
    kinds: list[tuple[int, Kind, str]] = [*old, (number, "asked", "asked"), (number, "all", "all")]
    places = np.full(len(pool), len(kinds) - 1)
    asked = pool.find([one.key for folder in campaign.cycles() for one in read_query(folder).asked])
    places[asked[asked >= 0]] = len(kinds) - 2
    if keep:
        before = still_there(campaign, audit)
        places = np.where(before == NONE, places, before)
    classes = campaign.config.classes
    code = places[frame] * (len(classes) + 1)  # one for each stratum and class
    if predicted is not None:
        is_sorted = np.array([kind == "all" for _, kind, _ in kinds])[places[frame]]
        code += np.where(is_sorted, predicted[frame] + 1, 0)
    names: dict[int, tuple[int, Kind, str]] = {}
    for one in np.unique(code).tolist():
        place, c = divmod(one, len(classes) + 1)
        names[one] = (kinds[place][0], "predicted", classes[c - 1]) if c else kinds[place]
    order = {name: place for place, name in enumerate(sorted(set(names.values())))}
    found = np.full(len(pool), NONE)
    for one, name in names.items():
        found[frame[code == one]] = order[name]
    cycles = {draw.number: draw.cycle for draw in audit.draws} | {number: cycle}
    return tuple(Stratum(kind, name, at, cycles[at]) for at, kind, name in order), found


def _frame(campaign: Campaign) -> NDArray[np.int64]:
    """Rows that could still get a label, in order; those that the last query asks are out."""
    standing = campaign.standing()
    out = {*without_audit(campaign, standing).answered, *campaign.test_labels()}
    out |= campaign.audit.let_go()  # whose answer was taken back since
    cycles = campaign.cycles()
    if cycles:
        out.update(read_query(cycles[-1]).keys())
    is_in = np.ones(len(campaign.pool), bool)
    rows = campaign.pool.find([*out])
    is_in[rows[rows >= 0]] = False
    return np.flatnonzero(is_in)
