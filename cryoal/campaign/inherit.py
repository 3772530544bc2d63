"""Beginning where another campaign has ended: its model becomes part of a new one."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from cryoal.campaign.campaign import Campaign, check_names
from cryoal.campaign.inherited import CARD, FILE
from cryoal.campaign.inherited_fit import require_voxel_spacing
from cryoal.campaign.kept import DESCRIPTORS
from cryoal.campaign.model_export import model_of
from cryoal.campaign.model_file import read_model, write_model
from cryoal.campaign.pretrained import FOLDER as PRETRAINED
from cryoal.campaign.settings_file import NAME
from cryoal.config import apply_settings, from_tree
from cryoal.errors import ConfigError, PoolError
from cryoal.pretrain.pretrained import install_encoder
from cryoal.progress import SILENT
from cryoal.records import write_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cryoal.campaign.model_file import Model, ModelCard
    from cryoal.config import Config
    from cryoal.progress import Progress

__all__ = ["begin_from", "import_model", "model_at"]


def model_at(path: Path, *, voxels: bool = True, progress: Progress = SILENT) -> Model:
    """The model in the file `path`, or of what the campaign in the folder `path` has learnt.

    Raises
    ------
    FileFormatError
        Neither a model nor a campaign, or a model that is damaged.
    CampaignError
        A campaign that has learnt nothing.
    """
    if not (path / NAME).is_file():
        return read_model(path)
    campaign = Campaign.open(path)
    with campaign.busy("model export", may_only_read=True):
        return model_of(campaign, voxels=voxels, progress=progress)


def begin_from(
    path: Path,
    model: Model,
    *,
    classes: Sequence[str] | None = None,
    settings: Sequence[str] = (),
) -> Campaign:
    """A new campaign in `path` with the settings of `model`, which classifies until it has labels.

    Parameters
    ----------
    classes
        In place of the model's; labels of a class that is not among them are left out.
    settings
        ``"section.key=value"``, over those of the model.

    Raises
    ------
    ConfigError
        ``pool.box`` is not the model's, or fewer than two of its classes are among `classes`.
    CampaignError, PoolError, OutputError
        As :meth:`Campaign.create`.
    """
    tree = _settings(model)
    if classes is not None:
        tree["classes"] = list(classes)
        tree["renamed"] = []
    apply_settings(tree, settings)
    config = from_tree(tree)
    check_names(config)
    _require_box(config, model.card)
    _require_classes(config.classes, model.card)
    campaign = Campaign.create(path, config)
    try:
        _install(campaign, model)
    except BaseException:  # nothing half-made
        shutil.rmtree(campaign.path, ignore_errors=True)
        raise
    return campaign


def import_model(campaign: Campaign, model: Model) -> list[str]:
    """Let an existing campaign go on from `model`; lines about what changes.

    Raises
    ------
    ConfigError
        Its box or its classes are not the model's.
    PoolError
        Its voxel spacing is not.
    """
    card = model.card
    _require_box(campaign.config, card)
    _require_classes(campaign.config.classes, card)
    lines = []
    if campaign.has_pool:
        pool = campaign.pool
        require_voxel_spacing(pool.voxel_spacing, campaign.typed, card.voxel_spacing)
        guessed = {r.density for r in pool.tomograms if r.density_guessed} - set(card.density)
        if guessed:
            raise PoolError(
                f"expected density {' or '.join(card.density)}, as where the model learnt, found "
                f"{', '.join(sorted(guessed))} guessed in {campaign.typed}: begin anew with cryoal "
                "init --from, and add its tomograms with --density"
            )
        lines.append("descriptors are made anew where the model's encoder is another")
    _install(campaign, model)
    return lines


def _install(campaign: Campaign, model: Model) -> None:
    """Write the encoder, the side of descriptors, then the model: what is there is whole."""
    card = model.card
    campaign.path.joinpath(FILE).unlink(missing_ok=True)
    folder = campaign.path / DESCRIPTORS
    folder.mkdir(exist_ok=True)
    write_json(folder / "shown.json", {"box": card.box, "side": card.side})
    if card.encoder is not None:
        install_encoder(campaign.path / PRETRAINED, model.weights("encoder"), card.encoder)
    facts: dict[str, Any] = asdict(write_model(campaign.path / FILE, model))
    write_json(campaign.path / CARD, {"card": facts})


def _settings(model: Model) -> dict[str, Any]:
    """The model's settings, without what is of its campaign alone."""
    tree = dict(model.card.settings)
    tree["device"] = "auto"
    return tree


def _require_box(config: Config, card: ModelCard) -> None:
    if config.pool.box != card.box:
        raise ConfigError(
            f"expected pool.box = {card.box}, as the model learnt from, found {config.pool.box}: "
            f"leave it, or cut the boxes of the earlier campaign anew (cryoal recut EARLIER --box "
            f"{config.pool.box}) and export its model again"
        )


def _require_classes(classes: Sequence[str], card: ModelCard) -> None:
    both = [name for name, n in card.labels.items() if n and name in classes]
    if len(both) < 2:
        known = ", ".join(name for name, n in card.labels.items() if n)
        raise ConfigError(
            f"expected two of the model's classes ({known}) or more, found "
            f"{', '.join(both) or 'none'} among {', '.join(classes)}"
        )
