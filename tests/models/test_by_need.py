"""MONAI's networks come without the rest of MONAI, and the rest is there for others."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PART = """
import sys
from cryoal.models import BACKBONES
for name in ("resnet10", "densenet63"):
    network = BACKBONES.load(name)(width=4, stem="stride", n_classes=2)
part = sys.modules["monai.networks.nets.resnet"], sys.modules["monai.utils"]
"""


def run(code: str) -> str:
    """What the code prints in a process of its own, in which every warning is an error."""
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_network_loads_a_few_files_of_monai_and_none_of_its_companions() -> None:
    companions = ("matplotlib", "pandas", "skimage", "scipy", "ignite", "h5py", "nibabel")
    told = run(
        PART + f"print([m for m in {companions} if m in sys.modules],"
        " 'monai.data' in sys.modules, 'torch._dynamo' in sys.modules)\n"
        "import monai, importlib.metadata\n"
        "assert monai.__version__ == importlib.metadata.version('monai')\n"
        "assert not hasattr(monai, '__warningregistry__')\n"
        "print(sum(m.partition('.')[0] == 'monai' for m in sys.modules) < 40)"
    )
    assert told.split("\n") == ["[] False False", "True"]


def test_who_wants_more_of_monai_finds_all_of_it_around_the_part() -> None:
    """A part asked for by itself, MONAI run as ever, and no class that is there twice."""
    told = run(
        "import warnings; warnings.simplefilter('ignore')\n"  # MONAI's own, where it has some
        + PART
        + "import monai.transforms as once\n"
        "import monai\n"
        "from monai.networks.nets import UNet\n"
        "assert monai.transforms is once is sys.modules['monai.transforms']\n"
        "assert part == (monai.networks.nets.resnet, monai.utils)\n"
        "assert monai.networks.nets.ResNet is part[0].ResNet\n"
        "assert monai.networks.nets.unet.UNet is UNet\n"
        "assert {'set_determinism', 'StatusMembers'} <= vars(monai.utils).keys()\n"
        "assert 'monai.data' in sys.modules\n"
        "assert not any(type(f).__module__ == 'cryoal.models.by_need' for f in sys.meta_path)\n"
        "import pickle\n"
        "assert type(pickle.loads(pickle.dumps(network))) is type(network)\n"
        "print(monai.__all__[0])"
    )
    assert told == "apps"


def test_where_monai_is_there_already_nothing_is_taken_apart() -> None:
    told = run(
        "import sys, types\n"
        "sys.modules['monai'] = types.ModuleType('monai')\n"
        "sys.modules['monai.there'] = there = types.ModuleType('monai.there')\n"
        "from cryoal.models.by_need import import_by_need\n"
        "before = list(sys.meta_path)\n"
        "print(import_by_need('monai.there') is there, before == sys.meta_path)"
    )
    assert told == "True True"


def test_packages_that_cannot_be_taken_apart_are_imported_whole(tmp_path: Path) -> None:
    """A stand-in for MONAI: its root does more than importing, one of its parts wants that done."""
    told = run(
        "import sys\n"
        "from pathlib import Path\n"
        f"folder = Path({str(tmp_path)!r}); sys.path.insert(0, str(folder))\n"
        "(folder / 'monai').mkdir()\n"
        "(folder / 'monai' / '__init__.py').write_text('made = 7\\n')\n"
        "(folder / 'monai' / 'part.py').write_text('from monai import made\\nnumber = made\\n')\n"
        "from cryoal.models.by_need import import_by_need\n"
        "print(import_by_need('monai.part').number)"
    )
    assert told == "7"
