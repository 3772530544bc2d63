"""Compile every launch for GPUs that are not here, and read the machine code.

``python -m tests.kernels.machine_code <sm> <cache folder>`` prints one JSON line for each variant.
The launches are those of the public functions, caught before they start; the constants and the
hints about alignment are derived from their arguments as Triton's launcher derives them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import torch

TYPES = {
    torch.float64: "fp64", torch.float32: "fp32", torch.float16: "fp16", torch.bfloat16: "bf16",
    torch.int64: "i64", torch.uint8: "u8", torch.int8: "i8",
}  # fmt: skip


def launches() -> list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]]:
    """Name, kernel, arguments and constants of representative launches."""
    from cryoal_kernels.gpu import attention, crops, k_center, scores

    caught: list[tuple[str, Any, tuple[Any, ...], dict[str, Any]]] = []
    name = ""

    def catch(kernel: Any, programs: int, *arguments: Any, **constants: Any) -> None:
        caught.append((f"{name}/{kernel.fn.__name__}", kernel, arguments, constants))

    for module in (attention, crops, k_center, scores):
        vars(module)["launch"] = catch
    bf16, fp32 = torch.bfloat16, torch.float32

    def features(dtype: torch.dtype, side: int = 32) -> torch.Tensor:
        return torch.empty(128, 64, side, side, side, dtype=dtype)  # never touched: no memory

    for dtype, layout in ((bf16, "contiguous"), (fp32, "contiguous"), (bf16, "channels_last_3d")):
        name = f"{str(dtype)[6:]} {layout}"
        x = features(dtype)
        if layout != "contiguous":
            x = torch.empty(128, 32, 32, 32, 64, dtype=dtype).permute(0, 4, 1, 2, 3)
        maps = torch.empty(128, 32**3)
        attention.attention_map(x)
        attention.attention_map_backward(x, maps, x if dtype == bf16 else None)
    name = "fp32 four modules"
    modules = [torch.empty(128, side**3) for side in (32, 16, 8, 4)]
    _, state = attention.map_distance(modules, modules, False, 1e-12)
    attention.map_distance_backward(torch.empty(128, 4), modules, modules, state, False)
    for dtype, classes in ((bf16, 10), (fp32, 10), (fp32, 1000), (fp32, 8192), (torch.float64, 19)):
        name = f"{str(dtype)[6:]} rows of {classes}"
        rows = torch.empty(100_000, classes, dtype=dtype)
        scores.kl_rows(rows, rows, 1.0)
    for metric, dtype in (("mse", bf16), ("kl", fp32), ("js", bf16), ("js", fp32)):
        name = f"{str(dtype)[6:]} dense {metric}"
        dense = torch.empty(2, 10, 64, 64, 64, dtype=dtype)
        scores.dense_score(dense, dense, None, metric, 1.0, False)
    name = "int8 boxes"
    corners = torch.empty(64, 3, dtype=torch.int64)
    crops.extract_subvolumes(torch.empty(300, 928, 960, dtype=torch.int8), corners, 32, True, bf16)
    name = "fp32 features"
    k_center.greedy_k_center(torch.empty(4096, 512), torch.empty(0, 512), 2)
    return caught


def code(name: str, kernel: Any, arguments: tuple[Any, ...], constants: Any, sm: int) -> str:
    """What stands in the machine code, as JSON."""
    import triton
    from triton.backends.compiler import GPUTarget
    from triton.compiler import ASTSource

    warps = constants.pop("warps", 4)
    signature, constexprs, attributes = {}, {}, {}

    def describe(value: Any, path: tuple[int, ...], plain: bool) -> Any:
        if isinstance(value, tuple):
            return tuple(describe(x, (*path, i), plain) for i, x in enumerate(value))
        if isinstance(value, torch.Tensor):
            attributes[path] = [["tt.divisibility", 16]]
            return "*" + TYPES[value.dtype]
        if value == 1 and not plain:
            constexprs[path] = 1
            return "constexpr"
        if value % 16 == 0 and not plain:
            attributes[path] = [["tt.divisibility", 16]]
        return "i32" if -(2**31) <= value < 2**31 else "i64"

    for number, (parameter, value) in enumerate(zip(kernel.params, arguments, strict=False)):
        plain = parameter.do_not_specialize
        signature[parameter.name] = describe(value, (number,), plain)
    for number, parameter in enumerate(kernel.params):
        if parameter.name in constants:
            signature[parameter.name] = "constexpr"
            constexprs[(number,)] = constants[parameter.name]
    compiled = triton.compile(
        ASTSource(fn=kernel, signature=signature, constexprs=constexprs, attrs=attributes),
        target=GPUTarget("cuda", sm, 32),
        options={"num_warps": warps, "enable_fp_fusion": True},
    )
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(compiled.asm["cubin"])
        file.flush()
        words = [str(tool), "--dump-resource-usage", "--dump-sass", file.name]
        text = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    usage = {
        key: int(re.search(rf"{key}:(\d+)", text).group(1))  # type: ignore[union-attr]
        for key in ("REG", "STACK", "LOCAL")
    }
    found = {
        "name": name,
        "sm": sm,
        **usage,
        "loads_of_16_bytes": len(re.findall(r"LDG\.E\.[\w.]*128", text)),
        "atomics": len(re.findall(r"\b(?:ATOMG?|ATOMS|REDG?)\.", text)),
        "instructions": len(re.findall(r"^\s+/\*[0-9a-f]{4,}\*/\s", text, re.M)),
        "target": re.search(r"\.target (\w+)", compiled.asm["ptx"]).group(1),  # type: ignore[union-attr]
    }
    return json.dumps(found)


def main() -> None:
    sm, which = int(sys.argv[1]), sys.argv[2]
    torch.set_num_threads(1)
    for name, kernel, arguments, constants in launches():
        if re.search(which, name):
            print(code(name, kernel, arguments, constants, sm), flush=True)


if __name__ == "__main__":
    main()
