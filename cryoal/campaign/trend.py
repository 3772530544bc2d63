"""How a campaign comes on, and whether more labels still change anything: told, never decided."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from cryoal.campaign.audit import audit_now
from cryoal.campaign.kept import kept_report
from cryoal.campaign.query import read_query
from cryoal.campaign.reports import read_report
from cryoal.errors import FileFormatError
from cryoal.records import digest
from cryoal.seeds import stream

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.classifier import Classifier
    from cryoal.campaign.query import Query
    from cryoal.data.labels import Standing
    from cryoal.records import Json

__all__ = ["SETTLED", "Point", "Trend", "advice", "trend_of", "watched"]

SETTLED = 0.08
"""The share of boxes that change class while labels double, from which on more change little ..."""
STILL = 0.02
"""... or with the labels of one query alone, where these are a quarter more or further."""
MORE = 1.25
SAMPLE = 1000
"""Boxes of the pool that are watched from one cycle to the next."""
SAMPLE_OF_PAIR = 200
"""Where a network has to look at them."""
SHOWN = 5
"""Points of the trend that `status` prints."""


@dataclass(frozen=True)
class Point:
    """What is known of the classifier of so many labels."""

    n_labelled: int
    previous: int | None = None
    """The labels of the point before ..."""
    changed: float | None = None
    """... and the share of watched boxes whose class is another one than there."""
    half: int | None = None
    """The most labels of an earlier point that are at most half as many ..."""
    since_half: float | None = None
    """... and the share of watched boxes whose class is another one than there."""
    members: float | None = None
    """The mean share of members that agree with the class, over watched boxes."""
    asked: int = 0
    """Boxes of the query that this classifier asked which have a class now ..."""
    right: int = 0
    """... and of these, how many have the one that was suggested."""
    audited: int = 0
    """Boxes that were the audit then, and had a class ..."""
    audit_right: int = 0
    """... and of these, how many the classifier gave it to."""


@dataclass(frozen=True)
class Trend:
    """The points, in the order of learning, and what they say."""

    points: list[Point] = field(default_factory=list)
    may_stop: bool | None = None
    """None: nothing can be said yet."""
    reason: str = ""

    def as_json(self) -> dict[str, Json]:
        """Every fact by name."""
        return asdict(self)

    def lines(self) -> list[str]:
        """The trend and the advice, for people."""
        if not self.points:
            return []
        last = self.points[-SHOWN:]
        told = [f"of {', '.join(str(point.n_labelled) for point in last)} labels"]
        for what, values in (
            ("boxes of another class than before", [point.changed for point in last]),
            ("members that agree", [point.members for point in last]),
            ("suggestions that were right", [_share(p.right, p.asked) for p in last]),
            ("audit boxes that were right", [_share(p.audit_right, p.audited) for p in last]),
        ):
            if any(value is not None for value in values):
                told.append(f"{what} {', '.join(map(_percent, values))} %")
        trend = [f"trend     {'; '.join(told)}"] if len(last) > 1 else []
        return [*trend, f"advice    {self.reason}"]


def watched(campaign: Campaign, classifier: Classifier) -> dict[str, Json]:
    """What a report keeps: the class of each box of a fixed random sample of the pool, and more."""
    from cryoal.heads.members import agreement

    pool, names = campaign.pool, campaign.config.classes
    most = SAMPLE if classifier.name == "heads" else SAMPLE_OF_PAIR
    order = stream(campaign.config.seed, "watched", len(pool)).permutation(len(pool))
    index = np.sort(order[:most])
    audit = audit_now(campaign)
    named = audit.named if audit is not None else {}
    looked = classifier.look(pool, np.concatenate([index, pool.index(list(named))]))
    classes = looked.log_posterior.argmax(axis=1)
    agreed = agreement(looked.votes, classes)[: len(index)]
    said = [names[c] for c in classes[len(index) :]]
    return {
        "boxes": digest(pool.keys[index].tolist()),
        "classes": " ".join(map(str, classes[: len(index)].tolist())),  # one line, not a thousand
        "members": None if np.isnan(agreed).all() else float(np.nanmean(agreed)),
        "audited": len(named),
        "audit_right": sum(a == b for a, b in zip(said, named.values(), strict=True)),
    }


def trend_of(campaign: Campaign, standing: Standing) -> Trend:
    """What the reports of the cycles and of the last classifier tell; reads no box.

    A report that is damaged, or older than this, tells nothing.
    """
    found: dict[int, tuple[Mapping[str, Any], Query | None]] = {}
    for folder in campaign.cycles():
        with suppress(FileFormatError, FileNotFoundError):
            report = read_report(folder / "report.json")
            found[report["n_labelled"]] = report, read_query(folder)
    with suppress(FileFormatError):
        last = kept_report(campaign)
        if last is not None:
            found.setdefault(last["n_labelled"], (last, None))
    points: list[Point] = []
    before: dict[int, Mapping[str, Any]] = {}
    for n in sorted(found):
        kept, query = found[n][0].get("watched"), found[n][1]
        if not isinstance(kept, dict):
            continue
        asked, right = _suggested(campaign, query, standing)
        previous, changed = _changed(before, kept, n - 1)
        half, since_half = _changed(before, kept, n // 2)
        points.append(
            Point(
                n_labelled=n,
                previous=previous,
                changed=changed,
                half=half,
                since_half=since_half,
                members=kept["members"],
                asked=asked,
                right=right,
                audited=kept["audited"],
                audit_right=kept["audit_right"],
            )
        )
        before[n] = kept
    return Trend(points, *advice(points))


def advice(points: Sequence[Point]) -> tuple[bool | None, str]:
    """Whether more labels would change little by now, and one sentence why; None: too early.

    What counts is how many boxes changed class while the labels doubled: that does not depend on
    how many are asked at a time, and four times as many labels are two doublings more. A query that
    brings a quarter more labels and changes next to nothing will do too: after a class was found
    late, what changed since half as many labels stays much for long.
    """
    if not points:
        return None, ""
    last = points[-1]
    grown = last.previous is not None and last.n_labelled >= MORE * last.previous
    if grown and last.changed is not None and last.changed <= STILL:
        return True, _settled(_moved(last.changed, last.previous, last.n_labelled))
    if last.since_half is None:
        return None, (
            f"too early to say: nothing is known of half as many labels as {last.n_labelled}"
        )
    moved = _moved(last.since_half, last.half, last.n_labelled)
    if last.since_half <= SETTLED:
        return True, _settled(moved)
    return False, f"go on: {moved}"


def _moved(share: float, before: int | None, now: int) -> str:
    return f"{_percent(share)} % of the boxes changed class from {before} to {now} labels"


def _settled(moved: str) -> str:
    return (
        f"more labels of this kind would change little: {moved}; how good the classes are tells an "
        "audit"
    )


def _suggested(campaign: Campaign, query: Query | None, standing: Standing) -> tuple[int, int]:
    """How many boxes of a query with a suggestion have a class now, and how many that one."""
    new_name = campaign.config.new_names()
    found = [
        (standing.labelled[asked.key], new_name.get(asked.suggestion, asked.suggestion))
        for asked in (query.asked if query else ())
        if asked.suggestion is not None and asked.key in standing.labelled
    ]
    return len(found), sum(label == suggestion for label, suggestion in found)


def _changed(
    before: Mapping[int, Mapping[str, Any]], now: Mapping[str, Any], most: int
) -> tuple[int | None, float | None]:
    """The latest point of at most so many labels, and the share of other classes since.

    None where there is none that watched the same boxes: the pool has grown.
    """
    same = [n for n, kept in before.items() if n <= most and kept["boxes"] == now["boxes"]]
    if not same:
        return None, None
    one, other = before[max(same)]["classes"].split(), now["classes"].split()
    return max(same), float(np.mean([a != b for a, b in zip(one, other, strict=True)]))


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
