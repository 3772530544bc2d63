"""A file of MONAI without the rest of MONAI, which is imported when somebody asks for it.

``import monai.networks.nets.resnet`` runs the ``__init__`` of each package on the way, and these
import all of MONAI, with whatever optional companions are installed (matplotlib, pandas,
scikit-image, h5py ...): seconds and hundreds of megabytes for a file that needs none of them. Most
of these ``__init__`` do nothing but ``from .file import name``; here such a name is looked up in
its file when it is first asked for. As soon as anybody else imports a part of MONAI, or asks for
what is not there yet, all of MONAI is run as it always is, around what is there.
"""

from __future__ import annotations

import ast
import sys
import threading
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from typing import TYPE_CHECKING

from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

__all__ = ["import_by_need"]

ROOT = "monai"

_FACTS = ("__all__", "__basedir__", "__copyright__", "__revision_id__")  # told by the root's run


def import_by_need(name: str) -> ModuleType:
    """The module `name` of MONAI; of the packages around it only what it needs.

    Where MONAI has been imported already, or cannot be taken apart, this is a plain import.
    """
    if ROOT not in sys.modules:
        sys.meta_path.insert(0, _Parts())
    parts = next((finder for finder in sys.meta_path if isinstance(finder, _Parts)), None)
    if parts is None:
        return import_module(name)
    before, parts.taker = parts.taker, threading.get_ident()
    try:
        return import_module(name)
    except (ImportError, AttributeError):
        parts.taker = before = None
        parts.run_all()
        return import_module(name)
    finally:
        parts.taker = before


class _Parts(MetaPathFinder):
    """Finds MONAI's packages, and has them run by need, until somebody wants all of it."""

    def __init__(self) -> None:
        self.taker: int | None = None  # the thread that wants a part and no more
        self.waiting: dict[str, Callable[[], None]] = {}  # the runs that were put off

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != ROOT:
            return None
        if self.taker != threading.get_ident():
            self.run_all()
            there = sys.modules.pop(fullname, None)  # the run has imported it: not once more
            return None if there is None else ModuleSpec(fullname, _There(there))
        spec = PathFinder.find_spec(fullname, path, target)
        loader = None if spec is None else spec.loader
        if spec and spec.submodule_search_locations and isinstance(loader, SourceFileLoader):
            spec.loader = _ByNeed(loader.name, loader.path, self)
        return spec

    def run_all(self) -> None:
        """Do what was put off, the root first; from here on all is as Python has it."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
            for name in sorted(self.waiting, key=lambda name: (name == ROOT, name)):
                self.waiting[name]()


class _ByNeed(SourceFileLoader):
    """Puts the run of a package off for as long as its files have what is asked of it."""

    def __init__(self, name: str, path: str, parts: _Parts) -> None:
        super().__init__(name, path)
        self.parts = parts

    @override
    def exec_module(self, module: ModuleType) -> None:
        files = _file_of_each_name(self.get_data(self.path), self.name)
        is_root = self.name == ROOT
        if files is None and not is_root:
            super().exec_module(module)
            return
        run_now = super().exec_module

        def run() -> None:
            module.__dict__.pop("__getattr__", None)
            run_now(module)

        def look_up(asked: str) -> object:
            if files is not None and asked in files:
                file, there = files[asked]
                found = getattr(import_module(file), there)
                setattr(module, asked, found)
                return found
            if is_root and asked == "__version__":
                return import_by_need(f"{ROOT}._version").get_versions()["version"]
            is_wanted = not asked.startswith("__") or asked in _FACTS
            if is_wanted and self.parts.taker != threading.get_ident():
                self.parts.run_all()
                if asked in vars(module):
                    return vars(module)[asked]
            raise AttributeError(f"module {self.name!r} has no attribute {asked!r}")

        self.parts.waiting[self.name] = run
        module.__dict__["__getattr__"] = look_up


class _There(Loader):
    """Gives a module that is there already, as it is."""

    def __init__(self, module: ModuleType) -> None:
        self.module, self.spec = module, module.__spec__

    @override
    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return self.module

    @override
    def exec_module(self, module: ModuleType) -> None:
        module.__spec__ = self.spec


def _file_of_each_name(source: bytes, package: str) -> dict[str, tuple[str, str]] | None:
    """By name: the file it comes from and its name there; None where more is done than that."""
    found: dict[str, tuple[str, str]] = {}
    for step in ast.parse(source).body:
        match step:
            case ast.Expr(value=ast.Constant()) | ast.ImportFrom(module="__future__"):
                continue
            case ast.ImportFrom(module=str(file), names=names, level=1):
                for alias in names:
                    found[alias.asname or alias.name] = f"{package}.{file}", alias.name
            case _:
                return None
    return found
