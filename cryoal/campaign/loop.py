"""The loop with a simulated annotator: what a strategy is worth, as a learning curve."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from cryoal.campaign.audit import audit_now
from cryoal.campaign.candidates import eligible
from cryoal.campaign.classifier import current_classifier
from cryoal.campaign.cycle import select
from cryoal.campaign.kept import kept_report
from cryoal.campaign.learnt import keep_report
from cryoal.campaign.oracle import ErringOracle, read_truth
from cryoal.campaign.query import read_query
from cryoal.campaign.reports import read_report
from cryoal.campaign.trainable import can_train
from cryoal.errors import CampaignError
from cryoal.how_many import how_many
from cryoal.progress import SILENT
from cryoal.strategies.base import make_strategy

if TYPE_CHECKING:
    from pathlib import Path

    from cryoal.campaign.campaign import Campaign
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["ANNOTATOR", "Point", "simulate"]

ANNOTATOR = "oracle"


@dataclass(frozen=True)
class Point:
    """One point of a learning curve."""

    n_labelled: int
    accuracy: float | None
    macro_f1: float | None

    def as_json(self) -> Json:
        """The three numbers by name."""
        return asdict(self)

    def line(self) -> str:
        """The three numbers in columns."""
        numbers = ("-" if v is None else f"{v:.3f}" for v in (self.accuracy, self.macro_f1))
        return f"{self.n_labelled:6d}  {'  '.join(f'{n:>8}' for n in numbers)}"


def simulate(
    campaign: Campaign,
    oracle: Path,
    *,
    cycles: int,
    m: int,
    test_oracle: Path | None = None,
    strategy: str | None = None,
    noise: float = 0.0,
    abstain: float = 0.0,
    progress: Progress = SILENT,
) -> list[Point]:
    """Run until there are `cycles` cycles, all answered, and train once more on all labels.

    It ends early when nothing is left to ask.

    Boxes of an audit that have no answer get one first. After a kill the same call goes on where
    the last one was, to the same result.

    Parameters
    ----------
    oracle, test_oracle
        CSV files with the class of keys. Those of `test_oracle` are measured on and never asked.
    noise, abstain
        Shares of wrong answers and of boxes without an answer.

    Raises
    ------
    CampaignError
        The campaign has more cycles than `cycles`.
    """
    classes = campaign.config.classes
    if test_oracle is not None:
        campaign.reserve(read_truth(test_oracle, classes, campaign.pool), str(test_oracle))
    truth = read_truth(oracle, classes, campaign.pool)
    annotator = ErringOracle(truth, classes, noise, abstain, campaign.config.seed)
    if len(campaign.cycles()) > cycles:
        raise CampaignError(
            f"expected at most {cycles} cycles in {campaign.typed}, found {len(campaign.cycles())}"
        )
    if audit := audit_now(campaign):  # what cryoal audit drew before
        answers = annotator.answer(audit.open)
        campaign.record(ANNOTATOR, answers, source=str(oracle), is_audit=True)
    for number in range(cycles):
        done = campaign.cycles()
        if number < len(done):
            query = read_query(done[number])
        else:
            left = len(eligible(campaign))
            if not left:
                progress.say(f"nothing left to ask after {how_many(number, 'cycle')}")
                break
            query = select(campaign, min(m, left), strategy=strategy, progress=progress)
            progress.say(f"cycle {number}: {how_many(len(query.asked), 'box')} by {query.strategy}")
        campaign.record(ANNOTATOR, annotator.answer(query.keys()), source=str(oracle))
    labels = campaign.training_labels()
    if can_train(labels):
        chosen = make_strategy(strategy or campaign.config.query.strategy)
        classifier = current_classifier(campaign, labels, strategy=chosen, progress=progress)
        keep_report(campaign, classifier, labels)
    return curve(campaign)


def curve(campaign: Campaign) -> list[Point]:
    """A point for each training: those of the cycles, then that of ``model/`` if it is newer."""
    reports = [read_report(cycle / "report.json") for cycle in campaign.cycles()]
    if (last := kept_report(campaign)) is not None:
        reports.append(last)
    points: dict[int, Point] = {}
    for report in reports:
        if report["trained"] or report.get("classifier"):
            test: dict[str, Any] = report["test"] or {}
            n = report["n_labelled"]
            points[n] = Point(n, test.get("accuracy"), test.get("macro_f1"))
    return [points[n] for n in sorted(points)]
