"""The numbers by which boxes are laid out on a map, few for each box."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from cryoal.campaign.kept import versions_of
from cryoal.campaign.map_file import OF
from cryoal.data.pool_there import identity
from cryoal.errors import CampaignError, ConfigError, CryoALError, FileFormatError
from cryoal.maps.one_thread import one_thread
from cryoal.maps.principal import Principal
from cryoal.progress import SILENT
from cryoal.records import digest, is_there, read_json

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from cryoal.campaign.campaign import Campaign
    from cryoal.campaign.map_file import Of
    from cryoal.progress import Progress
    from cryoal.records import Json

__all__ = ["SAMPLE", "has_pair", "made_from", "require_of", "rows_of_map"]

SAMPLE = 5000
"""Boxes that tell in which directions boxes differ."""
STEP = 4096
COMPONENTS = 50


def rows_of_map(
    campaign: Campaign, of: Of, index: NDArray[np.int64], progress: Progress = SILENT
) -> NDArray[np.float32]:
    """``(m, components)`` of the boxes at `index`, in bits that no number of processors changes.

    Descriptors as ``cryoal find`` compares them, or the teacher's embedding by the same rule; of
    either the 50 principal components.
    """
    numbers = _of_descriptors(campaign, progress) if of == "descriptors" else None
    if numbers is None:
        numbers = _of_teacher(campaign, index, progress)
    with one_thread():
        some = index[np.unique(np.linspace(0, len(index) - 1, min(SAMPLE, len(index))).astype(int))]
        components = Principal(numbers(some), COMPONENTS)
        steps = range(0, len(index), STEP)
        tracked = progress.track(steps, "reading descriptors", unit=f"times {STEP} boxes")
        return np.concatenate([components(numbers(index[at : at + STEP])) for at in tracked])


def has_pair(campaign: Campaign) -> bool:
    """Whether there is a pair of the settings of now, whatever labels came since."""
    return _pair_facts(campaign) is not None


def made_from(campaign: Campaign, of: Of) -> dict[str, Json]:
    """What the numbers depend on as it is now; files are read, nothing is made.

    Without a part that can be deleted and made again as it was, such as the descriptors, that part
    is None.
    """
    parts = digest([identity(part) for part in campaign.pool.parts])
    if of == "teacher":
        facts = _pair_facts(campaign)
        return {"pool": parts, "numbers": None if facts is None else digest(facts)}
    versions = versions_of(campaign)
    versions.pop("shown", None)
    return {"pool": parts, "numbers": digest(versions) if versions else None}


def require_of(campaign: Campaign, of: str | None) -> Of:
    """By what boxes are alike; None: the teacher where there is a pair, else descriptors.

    Raises
    ------
    ConfigError
        Another word.
    CampaignError
        The teacher, and there is no pair.
    """
    if of is None:
        return "teacher" if has_pair(campaign) else "descriptors"
    for known in OF:
        if known == of:
            if known == "teacher" and not has_pair(campaign):
                raise CampaignError(
                    f"expected a trained pair in {campaign.typed / 'model'}, found none of the "
                    "settings of now: train one (cryoal classify --train), or map by descriptors"
                )
            return known
    raise ConfigError(f"expected a map of {' or '.join(OF)}, found {of!r}")


def _pair_facts(campaign: Campaign) -> dict[str, Json] | None:
    folder = campaign.path / "model"
    try:
        if not is_there(folder / "report.json") or not is_there(folder / "made_from.json"):
            return None
        facts: dict[str, Json] = read_json(folder / "made_from.json")
    except FileFormatError:  # a cache: as good as none
        return None
    return facts if facts.get("settings") == campaign.settings_digest() else None


def _of_descriptors(
    campaign: Campaign, progress: Progress
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    from cryoal.campaign.described import current_columns
    from cryoal.campaign.find import directions_of

    columns = current_columns(campaign, progress)
    with one_thread():
        directions = directions_of(campaign, columns)

    def numbers(index: NDArray[np.int64]) -> NDArray[np.float32]:
        return directions({name: columns.read(name, index) for name in columns.names})

    return numbers


def _of_teacher(
    campaign: Campaign, index: NDArray[np.int64], progress: Progress
) -> Callable[[NDArray[np.int64]], NDArray[np.float32]]:
    from cryoal.feed.device import choose_device
    from cryoal.novelty.directions import Directions
    from cryoal.scoring.predict import predict
    from cryoal.training.checkpoint import load_team

    facts, folder = _pair_facts(campaign) or {}, campaign.path / "model"
    try:
        team = load_team(folder, campaign.config, facts.get("companions", []))  # type: ignore[arg-type]
    except CryoALError as error:
        raise CampaignError(f"{error}; {folder} can be deleted: map by descriptors") from error
    team = team.to(choose_device(campaign.config.device))
    precision = campaign.config.train.precision
    found = predict(
        team, campaign.pool, index, ["embedding"], precision=precision, progress=progress
    )["embedding"]
    with one_thread():
        rows = found.astype(np.float64)
        moments = {"teacher": (rows.mean(axis=0), rows.std(axis=0))}
        step = max(1, len(found) // SAMPLE)
        directions = Directions(moments, {"teacher": found[::step]})

    def numbers(wanted: NDArray[np.int64]) -> NDArray[np.float32]:
        return directions({"teacher": found[np.searchsorted(index, wanted)]})

    return numbers
