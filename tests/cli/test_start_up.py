"""What a command does not import: each is a second or hundreds of megabytes."""

from __future__ import annotations

import gc
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from cryoal.cli import main

if TYPE_CHECKING:
    from cryoal.campaign.campaign import Campaign

SCRIPT = """
import sys
from cryoal.cli import main
codes = [main(words) for words in {commands!r}]
print(*codes, *sorted(set({unwanted!r}) & set(sys.modules)))
"""

HEAVY = ["torch", "monai", "scipy", "sklearn", "pandas", "matplotlib"]
COMPANIONS = ["torch._dynamo", "monai.data", "scipy", "sklearn", "pandas", "matplotlib", "skimage"]


def loaded(commands: list[list[str]], unwanted: list[str]) -> str:
    """Exit codes of commands in one process, and which of the unwanted modules were there then."""
    code = SCRIPT.format(commands=commands, unwanted=unwanted)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[-1]


def test_a_first_query_by_chance_takes_neither_torch_nor_scipy(campaign: Campaign) -> None:
    words = ["select", str(campaign.path), "-n", "4", "--strategy", "random"]
    assert loaded([words], HEAVY) == "0"


def test_a_training_takes_no_compiler_and_no_companion_of_monai(
    campaign: Campaign, truth: dict[str, str]
) -> None:
    here = str(campaign.path)
    by_pair = campaign.path / "campaign.toml"
    by_pair.write_text(by_pair.read_text().replace('use = "auto"', 'use = "pair"'))
    answers = campaign.path.parent / "answers.csv"
    answers.write_text(
        "key,label\n" + "".join(f"{key},{name}\n" for key, name in list(truth.items())[::2])
    )
    assert main(["label", here, str(answers)]) == 0
    words = ["select", here, "-n", "4", "--strategy", "knowledge-transfer"]
    assert loaded([words, ["classify", here]], COMPANIONS) == "0 0"
    assert (campaign.path / "cycle_000" / "teacher.safetensors").exists()


ENDING = """
import atexit, gc, sys
from cryoal.cli import main
atexit.register(print, "tidied")
sys.argv = ["cryoal", {word!r}]
code = main()
print(gc.get_freeze_count() > 0)
raise SystemExit(code)
"""


@pytest.mark.parametrize(("word", "code"), [("--help", 0), ("nonsense", 2)])
def test_the_end_of_a_program_looks_for_no_garbage_and_tidies_up(word: str, code: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDING.format(word=word)], capture_output=True, text=True
    )
    assert (done.returncode, done.stdout.splitlines()[-2:]) == (code, ["True", "tidied"])


def test_a_command_in_a_program_of_others_leaves_its_garbage_to_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = gc.get_threshold(), gc.get_freeze_count()
    assert main(["--help"]) == 0
    assert (gc.get_threshold(), gc.get_freeze_count()) == before
