"""``cryoal doctor``: what this machine offers, and what is amiss."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cryoal.cli.arguments import AsJson
from cryoal.cli.doctor_around import cluster, disk, gpu, precision

__all__ = ["doctor"]


def doctor(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="Where a campaign is or would be.")
    ] = Path(),
    tries: Annotated[
        bool,
        typer.Option(
            "--self-test", help="Try the whole path on made-up tomograms: under a minute."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Check versions, device and disk. Compares all of a campaign with its checks.

    Times one forward pass. Exit code 2 when something in the campaign is damaged, or a step of the
    self-test fails.
    """
    from cryoal.campaign.settings_file import NAME
    from cryoal.cli.terminal import Terminal, print_json

    if tries:
        _self_test(as_json=as_json)
        return
    around = {**gpu(), **disk(directory), **cluster()}
    facts = {**_versions(), **_review(), **_device(), **precision(), **around}
    found = None
    if (directory / NAME).is_file():
        from cryoal.campaign.checkup import check_up

        found = check_up(directory, progress=Terminal())
    if as_json:
        print_json({**facts, "campaign": found.as_json()} if found else dict(facts))
    else:
        width = max(map(len, facts))
        for name, value in facts.items():
            print(f"{name:<{width}}  {value}")
        for line in found.lines() if found else ():
            print(line)
    if found and found.damaged:
        raise typer.Exit(2)


def _self_test(*, as_json: bool) -> None:
    from cryoal.cli.self_test import self_test
    from cryoal.cli.terminal import print_json

    steps = []
    for step in self_test():
        steps.append(step)
        if not as_json:
            print(step.line(), flush=True)
    failed = bool(steps[-1].problem)
    if as_json:
        print_json({"steps": [step._asdict() for step in steps], "failed": failed})
    else:
        seconds = sum(step.seconds for step in steps)
        print(f"{'failed' if failed else 'all is well'} ({seconds:.0f} s)")
    if failed:
        raise typer.Exit(2)


def _versions() -> dict[str, str]:
    from cryoal.records import environment

    facts = environment()
    versions = facts["versions"]
    assert isinstance(versions, dict)
    found = {name: str(version or "absent") for name, version in versions.items()}
    return {"python": str(facts["python"]), **found, "processors": str(facts["processors"])}


def _review() -> dict[str, str]:
    from importlib import metadata

    from cryoal.review.screen import find_screen

    try:
        facts = {"napari": metadata.version("napari")}
    except metadata.PackageNotFoundError:
        how = "pip install '.[gui]' in cryoal's clone"
        return {"napari": f"absent ({how}); cryoal review --serve needs none"}
    found = find_screen()
    if found.name is None:
        return {**facts, "screen": f"{found.problem}; cryoal review --serve needs none"}
    return {**facts, "screen": found.name, "opengl": found.opengl or "none"}


def _device() -> dict[str, str]:
    import time

    import torch

    from cryoal.feed.device import choose_device, computes_in, slow_convolution_note
    from cryoal.models.build import build_network

    device = choose_device("auto")
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    dtype = computes_in("auto", device)
    teacher = build_network("resnet18", width=16, stem="stride", n_classes=3, seed=0).to(device)
    boxes = torch.zeros(16, 1, 32, 32, 32, device=device)
    with torch.inference_mode():
        teacher(boxes)  # the first forward also pays for starting up
        began = time.perf_counter()
        teacher(boxes).logits.sum().item()
    rate = len(boxes) / (time.perf_counter() - began)
    facts = {
        "device": name,
        "computes in": str(dtype).removeprefix("torch."),
        "teacher": f"{rate:,.0f} boxes of 32^3 a second (width 16, one forward)",
    }
    note = slow_convolution_note("auto", device)
    return {**facts, "note": note} if note else facts
