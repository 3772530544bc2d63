"""Where a campaign stands, and what to do next."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from cryoal.campaign.assess import assess
from cryoal.campaign.assess_told import said_of_assessment
from cryoal.campaign.audit import without_audit
from cryoal.campaign.audit_next import what_to_do
from cryoal.campaign.inherited import can_classify, earlier_label_counts
from cryoal.campaign.kept import kept_report
from cryoal.campaign.lost import lost
from cryoal.campaign.open_classes import said_of_kinds
from cryoal.campaign.query import read_query
from cryoal.campaign.ready import candidates_for, require_answers, require_names
from cryoal.campaign.suspicious import said_of_doubts
from cryoal.campaign.test_overlap import n_overlapping, said_of_overlap
from cryoal.campaign.told import said as said_of_classifier
from cryoal.campaign.trend import Trend, trend_of
from cryoal.campaign.ways import ways_to_label
from cryoal.commands import command
from cryoal.errors import CampaignError, CryoALError, FileFormatError
from cryoal.how_many import how_many

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryoal.campaign.assess import Assessment
    from cryoal.campaign.campaign import Campaign
    from cryoal.records import Json

__all__ = ["State", "describe", "said_ahead"]

UNEVEN = 5
"""Times as many labels in one class as in another: from then on class weights are proposed."""


@dataclass(frozen=True)
class State:
    """What ``cryoal status`` prints."""

    path: str
    classes: list[str]
    boxes: int = 0
    box: int = 0
    voxel_spacing: float | None = None
    tomograms: int = 0
    lazy: int = 0
    """Boxes that stay in their tomograms."""
    lost: list[str] = field(default_factory=list)
    """A line for each thing that was here once (see :func:`cryoal.campaign.lost.lost`)."""
    earlier: dict[str, int] = field(default_factory=dict)
    """Labels by class of the model that the campaign began with."""
    labelled: dict[str, int] = field(default_factory=dict)
    """Labels by class; answers of the audit are none."""
    abstained: int = 0
    disputed: dict[str, dict[str, str]] = field(default_factory=dict)
    kept_for_measuring: int = 0
    test_overlaps: int = 0
    """Boxes kept for measuring that share voxels with a labelled one."""
    annotators: list[str] = field(default_factory=list)
    clock_ahead: dict[str, str] = field(default_factory=dict)
    """The latest time of each annotator with lines of a time that is still to come."""
    cycles: list[dict[str, str | int]] = field(default_factory=list)
    classifier: dict[str, Json] | None = None
    """What was learnt last (``classifier.json``), and of which labels."""
    audit: Assessment | None = None
    """What the audit says of the last classification; None where none was drawn."""
    trend: Trend = field(default_factory=Trend)
    """How the classes come on, and whether more labels still change them."""
    hints: list[str] = field(default_factory=list)
    """What may help with labels such as these."""
    refused: str = ""
    """What ``select`` would say; empty where it would go on."""
    next: str = ""

    def as_json(self) -> dict[str, Json]:
        """Every fact by name."""
        return {**asdict(self), "audit": self.audit and self.audit.as_json()}

    def lines(self) -> list[str]:
        """The facts as a person would say them."""
        if self.boxes:
            spacing = f"{self.voxel_spacing:g} A" if self.voxel_spacing else "?"
            pool = f"{how_many(self.boxes, 'box')} of {self.box}^3 voxels of {spacing}"
            pool += f" from {how_many(self.tomograms, 'tomogram')}"
            if self.lazy:
                which = "all" if self.lazy == self.boxes else f"{self.lazy}"
                pool += f"; {which} are cut from them at each reading"
        else:
            pool = "empty"
        said = ", ".join(f"{name} {n}" for name, n in self.labelled.items())
        said = f" ({said})" if said else ""
        out = [
            f"{self.path}",
            f"pool      {pool}",
            f"labelled  {sum(self.labelled.values())}{said}; abstained {self.abstained}; "
            f"disputed {len(self.disputed)}; by {', '.join(self.annotators) or 'nobody yet'}",
        ]
        if self.earlier:
            each = ", ".join(f"{name} {n}" for name, n in self.earlier.items())
            out.append(
                f"earlier   {how_many(sum(self.earlier.values()), 'label')} of a model ({each})"
            )
        if self.kept_for_measuring:
            out.append(
                f"test      {how_many(self.kept_for_measuring, 'key')} kept for measuring, "
                "never asked"
            )
        if overlap := said_of_overlap(self.test_overlaps, self.kept_for_measuring):
            out.append(f"          {overlap}")
        out += [f"missing   {line}" for line in self.lost]
        out += [f"  {line}" for line in said_ahead(self.clock_ahead)]
        for key, votes in self.disputed.items():
            sides = ", ".join(f"{who} says {what}" for who, what in votes.items())
            out.append(f"  disputed {key}: {sides}")
        out += [
            f"cycle {c['cycle']}   {c['answered']} of {c['asked']} answered, by {c['strategy']}"
            for c in self.cycles
        ]
        if self.classifier is not None:
            of_now = self.classifier["n_labelled"] == sum(self.labelled.values())
            late = "" if of_now else "; the next command learns from all labels"
            out.append(f"learnt    {said_of_classifier(self.classifier)}{late}")
        if self.audit is not None:
            out += said_of_assessment(self.audit)
        out += self.trend.lines()
        out += [f"hint      {line}" for line in self.hints]
        if self.refused:
            out.append(f"select    would be refused: {self.refused}")
        return [*out, f"next      {self.next}"]


def said_ahead(ahead: Mapping[str, str]) -> list[str]:
    """What to tell of lines whose time is still to come, by annotator."""
    return [
        f"{name} has answers of {time}, in the future: was a clock wrong? What {name} wrote last "
        "counts all the same"
        for name, time in ahead.items()
    ]


def describe(campaign: Campaign) -> State:
    """The state of the campaign; reads no box and starts no training."""
    config, here = campaign.config, str(campaign.typed)
    if not campaign.has_pool:
        do = command("add", here, "TOMOGRAM...", "--picks", "FILE")
        return State(here, list(config.classes), box=config.pool.box, next=do)
    pool, standing = campaign.pool, campaign.standing()
    cycles: list[dict[str, str | int]] = []
    for folder in campaign.cycles():
        query = read_query(folder)
        given = len(standing.answered.intersection(query.keys()))
        cycles.append(
            {
                "cycle": query.cycle,
                "strategy": query.strategy,
                "asked": len(query.asked),
                "answered": given,
            }
        )
    told = None
    with suppress(FileFormatError):  # said by doctor; status is for going on
        told = (kept_report(campaign) or {}).get("classifier")
    refused, n_left = "", None
    try:
        n_left = len(candidates_for(campaign, 1, standing))
        require_answers(campaign, standing)
        is_cold = not can_classify(campaign, campaign.training_labels(standing))
        require_names(campaign, is_cold=is_cold)
    except CryoALError as error:
        refused = str(error)
        if n_left is None and isinstance(error, CampaignError):
            n_left = 0
    labels = without_audit(campaign, standing)
    counts = Counter(labels.labelled.values())
    onward = _next(campaign, cycles, n_left)
    waits, test = what_to_do(campaign, standing), campaign.test_labels()
    return State(
        path=here,
        classes=list(config.classes),
        boxes=len(pool),
        box=pool.box,
        voxel_spacing=pool.voxel_spacing,
        tomograms=len(set(pool.tomogram_names)),
        lazy=pool.n_lazy,
        lost=lost(campaign, standing),
        earlier=earlier_label_counts(campaign),
        labelled={name: counts[name] for name in dict.fromkeys([*config.classes, *counts])},
        abstained=len(labels.abstained),
        disputed=standing.disputed,
        kept_for_measuring=len(test),
        test_overlaps=n_overlapping(campaign, labels.labelled.keys() - test.keys()) if test else 0,
        annotators=campaign.labels.annotators(),
        clock_ahead=campaign.labels.ahead(),
        cycles=cycles,
        classifier=told,
        audit=assess(campaign, standing),
        hints=[
            *said_of_kinds(campaign, standing),
            *_hints(campaign, counts),
            *said_of_doubts(campaign, standing.labelled),
        ],
        trend=trend_of(campaign, standing),
        refused=refused,
        next=f"{waits}; or {onward}" if waits else onward,
    )


def _hints(campaign: Campaign, counts: Counter[str]) -> list[str]:
    """What the labels so far suggest to set."""
    labelled = [counts[name] for name in campaign.config.classes if counts[name]]
    uses_pair = campaign.config.classifier.use == "pair"
    if not uses_pair or campaign.config.train.class_weights != "none" or len(labelled) < 2:
        return []
    if max(labelled) < UNEVEN * min(labelled):
        return []
    return [
        f"one class has {max(labelled)} labels and another {min(labelled)}: "
        'train.class_weights = "balanced" lets the rare ones weigh as much'
    ]


def _next(campaign: Campaign, cycles: list[dict[str, str | int]], n_left: int | None) -> str:
    """What to type; `n_left` boxes can be asked (None: unknown, a label stands in the way)."""
    here = campaign.typed
    wanted = int(cycles[-1]["asked"]) if cycles else 100
    onward = command("select", here, "-n", min(wanted, n_left or wanted))
    if not cycles:
        return onward
    last = cycles[-1]
    if int(last["answered"]) < int(last["asked"]):
        table = here / f"cycle_{last['cycle']:03d}" / "query.csv"
        more = f", or {onward}" if int(last["answered"]) and n_left else ""
        return f"{command('review', here)}, {ways_to_label(here, table)[1]}{more}"
    if n_left == 0:
        out = command("export", here, "--to", "relion5", "-o", "FILE")
        return f"nothing is left to ask: {out}"
    return f"{onward}, or {command('classify', here)}"
