"""The campaign directory: what is where, and who may write to it."""

from __future__ import annotations

import os
import platform
import re
import shutil
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryoal.campaign import audit as audits
from cryoal.campaign.audit_file import FILE as AUDIT
from cryoal.campaign.audit_file import Audit, read_audit
from cryoal.campaign.class_names import require_new_name
from cryoal.campaign.member_folders import folders_in
from cryoal.campaign.outputs import require_outside
from cryoal.campaign.query import read_query
from cryoal.campaign.settings_file import NAME, create_settings, read_settings
from cryoal.commands import command
from cryoal.config import to_tree
from cryoal.crew import ALONE
from cryoal.data.arrays import file_store
from cryoal.data.labels import LabelStore, Standing
from cryoal.data.pool import Pool
from cryoal.data.staging import clear_staged
from cryoal.errors import (
    CampaignBusyError,
    CampaignError,
    ConfigError,
    FileFormatError,
    LabelError,
    LockHeldError,
    UnknownKeyError,
)
from cryoal.locks import locked
from cryoal.models import BACKBONES
from cryoal.records import digest, entries, is_there, now, numbered, read_json, sweep, write_json
from cryoal.strategies import STRATEGIES
from cryoal.training.company import BY_ITSELF

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from cryoal.campaign.class_boxes import Which
    from cryoal.campaign.notebook import Picture
    from cryoal.campaign.overview import Overview
    from cryoal.config import Config
    from cryoal.crew import Crew
    from cryoal.training.company import Company

__all__ = ["RECUT", "RECUT_POOL", "Campaign", "check_names"]

RECUT = "recut.json"
"""Says that a pool which was cut anew is whole, until it is in its place."""

RECUT_POOL = "recut.zarr"
"""Where it is until then."""


def check_names(config: Config, strategy: str | None = None) -> None:
    """Make sure that the plug-ins a config names are there, before hours depend on it.

    Raises
    ------
    UnknownNameError
        No such strategy or backbone; the message gives the nearest.
    """
    STRATEGIES.require(strategy or config.query.strategy)
    for name in (config.model.teacher, config.model.student):
        BACKBONES.require(name)


class Campaign:
    """A directory with everything about one pool of candidates.

    ::

        campaign.toml                 every setting; after init only a new class is added to it
        pool.zarr/                    the boxes
        labels/<annotator>.jsonl      what was answered
        test.json                     candidates kept for measuring: never asked, never trained on
        audit.json                    candidates drawn to check on the classifier: not trained on
        cycle_000/                    query.json query.csv report.json environment.json
        cycle_001/                    ... and teacher.safetensors student.safetensors of a pair
        descriptors/                  numbers of every box, told by formula
        classifier.json               what is known of the classifier of the last labels
        model/                        the last pair that was trained, and its members
        predictions.csv predictions.json
        classifying/                  what was told of each box, until a table is whole
        picks/                        points that were set in a window, as they were added
        map.json                      where the boxes lie on the map
        inherited.safetensors inherited.json    the model that it began with
        job.json job.log              what a window or a page started last

    Attributes
    ----------
    path
        The directory, resolved: it stays the same one when the process changes its folder.
    typed
        The directory as it was given, for what is printed.
    last_overview
        How every box stood, and what it was read from (:mod:`cryoal.campaign.overview`).
    crew
        Who does the work that can be done in parts: this process, unless somebody else is set.
    company
        Who trains the pair together: this process, unless it has others.
    """

    crew: Crew = ALONE
    company: Company = BY_ITSELF

    def __init__(self, path: Path | str, config: Config, identity: str | None = None) -> None:
        path = Path(path)
        self.path = path.resolve()
        self.typed = path
        self.config = config
        self.identity = identity
        renamed = config.new_names()
        self.labels = LabelStore(self.path / "labels", campaign=identity, renamed=renamed)
        self._audit: tuple[tuple[int, ...], Audit] | None = None
        self.last_overview: tuple[tuple[object, ...], Overview] | None = None

    @classmethod
    def create(cls, path: Path | str, config: Config) -> Campaign:
        """Make the directory and write ``campaign.toml``.

        Raises
        ------
        CampaignError
            `path` is a file, or holds something already.
        PoolError
            `path` has a name that no pool can be in.
        OutputError
            `path` is in another campaign.
        ConfigError
            A class has a name that means something else, or that looks like another's.
        """
        path = Path(path)
        for number, name in enumerate(config.classes):
            require_new_name(name, config.classes[:number], by_case=False)
        file_store(path)  # refused now, not by the first add
        require_outside(path.parent)
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise CampaignError(f"expected a new or an empty directory, found something in {path}")
        path.mkdir(parents=True, exist_ok=True)
        return cls(path, config, create_settings(path, config))

    @classmethod
    def open(cls, path: Path | str, *, may_be_recut: bool = False) -> Campaign:
        """The campaign in `path`.

        Parameters
        ----------
        may_be_recut
            Whether its pool may be on the way into its place (:mod:`cryoal.campaign.recut`).

        Raises
        ------
        NotACampaignError
            No ``campaign.toml``, or one that is damaged.
        CampaignVersionError
            Written by a newer cryoal.
        CampaignError
            A recut was killed in its last step.
        """
        path = Path(path)
        if not may_be_recut and is_there(path / RECUT):
            raise CampaignError(
                "expected a campaign, found one whose boxes are being cut anew; if no cryoal is "
                f"at work there, finish it: {command('recut', path)}"
            )
        config, identity = read_settings(path)
        return cls(path, config, identity)

    def __reduce__(self) -> tuple[Any, ...]:
        """Elsewhere it opens its files anew, and works alone."""
        return type(self), (self.path, self.config, self.identity)

    def __repr__(self) -> str:
        from cryoal.campaign.notebook import said

        return said(self)

    def table(self) -> dict[str, NDArray[Any]]:
        """A column for each thing known of the boxes: :func:`cryoal.campaign.notebook.table`."""
        from cryoal.campaign.notebook import table

        return table(self)

    def frame(self) -> Any:
        """:meth:`table` as a pandas ``DataFrame``, where pandas is installed."""
        from cryoal.campaign.notebook import frame

        return frame(self)

    def picture(self, of: str | Sequence[str], n: int = 24, which: Which = "surest") -> Picture:
        """Boxes of a class, or of these keys, to look at in a notebook.

        See :func:`cryoal.campaign.notebook.picture`.
        """
        from cryoal.campaign.notebook import picture

        return picture(self, of, n, which)

    @cached_property
    def pool(self) -> Pool:
        """The boxes.

        Raises
        ------
        PoolError
            Nothing has been added yet.
        ConfigError
            ``pool.box`` was edited after boxes were cut.
        """
        pool = Pool.open(self.pool_path)
        if pool.box != self.config.pool.box:
            raise ConfigError(
                f"expected pool.box {pool.box} in {self.path / 'campaign.toml'}, as the boxes are, "
                f"found {self.config.pool.box}"
            )
        return pool

    @property
    def pool_path(self) -> Path:
        """Where the boxes are, or will be."""
        return self.path / "pool.zarr"

    @property
    def has_pool(self) -> bool:
        """Whether anything has been added."""
        return Pool.exists(self.pool_path)

    def cycles(self) -> list[Path]:
        """The finished cycles, in order."""
        found = numbered(self.path, "cycle_", 3).values()
        return [folder for folder in found if is_there(folder / "query.json")]

    def next_cycle(self) -> int:
        """Number of the cycle that comes next."""
        done = self.cycles()
        return int(done[-1].name.removeprefix("cycle_")) + 1 if done else 0

    @property
    def audit(self) -> Audit:
        """What was drawn for the audit (see :mod:`cryoal.campaign.audit`).

        Raises
        ------
        FileFormatError
            ``audit.json`` is damaged.
        CampaignVersionError
            It was written by a newer cryoal.
        CampaignError
            It is that of another campaign.
        """
        file = self.path / AUDIT
        try:
            facts = file.stat()
        except FileNotFoundError:
            return Audit(self.identity)
        stamp = facts.st_mtime_ns, facts.st_size, facts.st_ino
        if self._audit is None or self._audit[0] != stamp:  # it tells of every box of the pool
            self._audit = stamp, read_audit(file, self.identity)
        return self._audit[1]

    def standing(self) -> Standing:
        """Where every answered key stands (see :class:`cryoal.data.labels.Standing`).

        Raises
        ------
        UnknownKeyError
            A journal answers a key that the pool does not have; names the journal.
        """
        standing = self.labels.standing()
        if standing.answered and self.has_pool:
            self._require_known(standing.answered)
        return standing

    def _require_known(self, keys: Collection[str]) -> None:
        try:
            self.pool.index(list(keys))
        except UnknownKeyError:
            known = set(self.pool.keys.tolist())
            unknown = [a for a in self.labels.answers() if a.key not in known]
            first = unknown[0]
            raise UnknownKeyError(
                f"expected keys of {self.pool_path}, found {len(unknown)} answers about others, "
                f"first {first.key!r} in {self.labels.journal(first.annotator).path}"
                f"{self.pool.lacks() or ': a journal of another campaign?'}"
            ) from None

    def training_labels(self, standing: Standing | None = None) -> dict[str, str]:
        """Class of every key that may be trained on, in the order of the keys.

        Disputed keys, those kept for measuring and those of the audit are left out. Without
        `standing`, the answers are those of now.

        Raises
        ------
        LabelError
            A journal holds a class that the campaign does not have.
        """
        test = self.test_labels()
        labelled = (standing or self.standing()).labelled
        for key, name in labelled.items():
            if name not in self.config.classes:
                raise LabelError(
                    f"expected one of the classes {', '.join(self.config.classes)} "
                    f"for {key!r}, found {name!r} in {self.labels.folder}: was it renamed? Then "
                    f'write renamed = ["{name} = NEW NAME"] in {self.path / NAME}'
                )
        kept = {**test, **audits.members(self)}
        return {key: name for key, name in labelled.items() if key not in kept}

    def test_labels(self) -> dict[str, str]:
        """Class of every key that is kept for measuring; empty when there is no test set."""
        file = self.path / "test.json"
        if not file.exists():
            return {}
        labels = read_json(file).get("labels")
        if not isinstance(labels, dict) or not all(isinstance(c, str) for c in labels.values()):
            raise FileFormatError(f"expected the class of each key as labels in {file}")
        return labels

    def settings_digest(self) -> str:
        """A digest of every setting that shapes what training gives, the seed apart."""
        tree = to_tree(self.config)
        shaping = ("classes", "pool", "train", "augment")
        model = self.config.model.shaping()
        return digest({**{name: tree[name] for name in shaping}, "model": model})

    def reserve(self, labels: Mapping[str, str], source: str) -> None:
        """Keep these keys for measuring: they are never asked and never trained on.

        Raises
        ------
        CampaignError
            Another test set is there already, or some keys have been asked or answered.
        UnknownKeyError
            A key was never in the pool.
        """
        if not labels:
            raise CampaignError(f"expected keys of the pool in {source}, found none")
        self.pool.index(list(labels))
        before = self.test_labels()
        if before and before != dict(labels):
            raise CampaignError(
                f"expected the {len(before)} test labels already in {self.path / 'test.json'}, "
                f"found {len(labels)} others in {source}"
            )
        asked = {asked.key for cycle in self.cycles() for asked in read_query(cycle).asked}
        used = sorted((asked | {answer.key for answer in self.labels.answers()}) & labels.keys())
        if used and not before:
            raise CampaignError(
                f"expected test keys that nobody was asked about, found {len(used)} that were, "
                f"first {used[0]!r} of {source}"
            )
        write_json(self.path / "test.json", {"source": source, "labels": dict(labels)})

    def record(
        self,
        annotator: str,
        answers: list[tuple[str, str | None]],
        *,
        settles: bool = False,
        source: str = "",
        is_audit: bool = False,
    ) -> int:
        """Write answers to the annotator's journal, all or none; returns how many were new.

        Answers about boxes of the audit stay with it where all are, or `is_audit`; among others
        they are labels (see :func:`cryoal.campaign.audit.take_labels`).

        Raises
        ------
        UnknownKeyError
            A key was never in the pool.
        LabelError
            A key is kept for measuring.
        """
        try:
            self.pool.index([key for key, _ in answers])
        except UnknownKeyError as error:
            raise UnknownKeyError(
                f"{error} ({source or annotator}); nothing was recorded"
            ) from None
        test = self.test_labels()
        kept = [key for key, _ in answers if key in test]
        if kept:
            raise LabelError(
                f"expected answers about candidates, found {len(kept)} about test keys, "
                f"first {kept[0]!r}; nothing was recorded"
            )
        n_new = self.labels.record(annotator, answers, settles=settles, source=source)
        audits.take_labels(self, [key for key, _ in answers], is_audit=is_audit)
        return n_new

    @contextmanager
    def busy(self, what: str, *, may_only_read: bool = False) -> Iterator[None]:
        """Hold the campaign while `what` (a command's name) writes to it.

        Parameters
        ----------
        may_only_read
            `what` need not write: a campaign that cannot be written to is then held by nobody.

        Raises
        ------
        CampaignError
            Nothing can be written to it.
        CampaignBusyError
            Another process holds it; says which, where and since when. The lock belongs to the
            process, so one that was killed holds nothing.
        LockError
            The disk cannot lock, or does not answer for ten seconds; names the file.
        """
        if may_only_read and self.is_read_only:
            yield
            return
        self.require_writable()
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.path / ".lock", seconds=0))
            except LockHeldError:
                raise CampaignBusyError(
                    f"expected a free campaign, found {self.typed} held by {self._holder()}"
                ) from None
            owner = self.path / ".lock.json"
            stack.callback(owner.unlink, missing_ok=True)
            host, process = platform.node(), os.getpid()
            write_json(owner, {"command": what, "process": process, "host": host, "since": now()})
            self._tidy()
            yield

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written to the directory: another's, or a read-only disk."""
        return not os.access(self.path, os.W_OK)

    def require_writable(self) -> None:
        """Raise CampaignError where nothing can be written to the campaign."""
        if self.is_read_only:
            raise CampaignError(
                f"expected a campaign that can be written to, found {self.typed} read-only: work "
                "on a copy of it"
            )

    def _holder(self) -> str:
        """Who holds the lock, as far as it is said beside it."""
        try:
            held = read_json(self.path / ".lock.json")
            return (
                f"'cryoal {held['command']}' (process {held['process']} on {held['host']}, since "
                f"{held['since']})"
            )
        except (OSError, FileFormatError, KeyError):  # not said yet, or no more
            return f"another process, which has locked {self.path / '.lock'}"

    def _tidy(self) -> None:
        """Remove what killed processes have left; this one holds the campaign."""
        clear_staged(self.pool_path)
        if not is_there(self.path / RECUT):
            shutil.rmtree(self.path / RECUT_POOL, ignore_errors=True)
        model = self.path / "model"
        for folder in (self.path, model, *folders_in(model), self.labels.folder, *self.cycles()):
            sweep(folder)
        for name in entries(self.path):
            if re.fullmatch(r"\.cycle_[0-9]+\.tmp", name):
                shutil.rmtree(self.path / name, ignore_errors=True)
