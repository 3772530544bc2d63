"""What goes wrong with files, at random: damage to bytes, and what no writer would have put there.

Each mutator takes the whole content and a generator, and gives another content. Nothing that they
make is kept: a run is repeated from its seed.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import struct
import tomllib
import zipfile
from typing import TYPE_CHECKING, Any

import tomli_w

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

CELLS = [
    *("nan", "inf", "-inf", "-nan", "0", "-0", "0.0", "-1", "1e308", "-1e308", "1e400", "1e-320"),
    *("1_000", "٣", "0x10", "1,5", "", " ", "'", '"', "#", "_", "loop_", "data_", "=1+1", "None"),
    *("9" * 400, "x" * 20_000, "a/../../b", "/", "\x00", "\x1b[31m", "é\u0301", "999999999999999"),
]
NUMBERS = [0, -1, 1, 2, 7, 255, 65_536, 2**31 - 1, -(2**31), 2**31, 2**63, 10**18, 10**30]
FLOATS = [0.0, -0.0, -1.0, 1e-45, 1e-30, 1e30, 3e38, float("nan"), float("inf"), float("-inf")]
CODECS = ["pickle", "json2", "vlen-utf8", "nobody", "", "../x", "zstd", "gzip", "blosc", "bytes"]

# written in place of a value of JSON, as they stand
RAW = [
    *("NaN", "Infinity", "-Infinity", "1e999", "9" * 5_000, "-0", "1E400"),
    *(
        "[" * 50 + "]" * 50,
        "[" * 100_000,
        "[" * 2_000 + "]" * 2_000,
        '{"a":' * 3_000 + "1" + "}" * 3_000,
    ),
    *('"\\ud800"', '"\\u0000"', '{"a": 1, "a": 2}', "tru", "'x'", ""),
]
VALUES: list[Any] = [
    *(None, True, False, 0, -1, 1, 2, 3.5, -2.5, 1e308, 2**31, 2**63, 10**18, 10**400),
    *("", "x", "nan", "../..", "/", "/dev/zero", "x" * 20_000, "\x00", "\x1b[2J", "0", "1e5"),
    *([], {}, [None], [[]], [0], [1, 2, 3], ["a"] * 3, {"a": 1}, {"name": "x"}, [0] * 5_000),
    *([1e308] * 3, [-1, -1, -1], [0, 0, 0], [10**18] * 3, {"": None}, CODECS[0], CODECS[3]),
]


# bytes


def flip(content: bytes, rng: random.Random) -> bytes:
    """One to four bits the other way."""
    changed = bytearray(content)
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        if changed:
            changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def flip_early(content: bytes, rng: random.Random) -> bytes:
    """A bit of the first kilobyte, where headers are."""
    return flip(content[:1_024], rng) + content[1_024:]


def cut(content: bytes, rng: random.Random) -> bytes:
    """The beginning alone."""
    return content[: rng.choice([0, 1, 3, rng.randrange(len(content) + 1)])]


def overwrite(content: bytes, rng: random.Random) -> bytes:
    """A run of bytes of one value, or of random ones."""
    changed = bytearray(content)
    start = rng.randrange(len(content) + 1)
    n = rng.choice([1, 2, 4, 8, 64, 512])
    fill = rng.choice([b"\x00", b"\xff", b" ", b"\n", b"0", b"[", b'"', b"\\"])
    changed[start : start + n] = rng.choice([fill * n, rng.randbytes(n)])
    return bytes(changed)


def repeat(content: bytes, rng: random.Random) -> bytes:
    """A part twice."""
    start = rng.randrange(len(content) + 1)
    end = min(len(content), start + rng.choice([1, 16, 256, 4_096]))
    return content[:end] + content[start:end] + content[end:]


def drop(content: bytes, rng: random.Random) -> bytes:
    """A part left out."""
    start = rng.randrange(len(content) + 1)
    return content[:start] + content[start + rng.choice([1, 4, 16, 256]) :]


def put_number(content: bytes, rng: random.Random) -> bytes:
    """An awkward number where a header may have one."""
    form, value = rng.choice(
        [("<i", n) for n in NUMBERS if abs(n) < 2**31]
        + [(">i", n) for n in NUMBERS if abs(n) < 2**31]
        + [("<f", f) for f in FLOATS]
        + [("<Q", n) for n in NUMBERS if 0 <= n < 2**64]
    )
    packed = struct.pack(form, value)
    places = max(1, min(len(content), 1_024) // 4)
    start = 4 * rng.randrange(places)
    return content[:start] + packed + content[start + len(packed) :]


BYTES = [flip, flip_early, cut, overwrite, repeat, drop, put_number]


# lines and cells


def lines(content: bytes, rng: random.Random) -> bytes:
    """A line left out, twice, elsewhere, cut short or joined to the next."""
    rows = content.split(b"\n")
    place = rng.randrange(len(rows))
    match rng.randrange(6):
        case 0:
            del rows[place]
        case 1:
            rows.insert(place, rows[place])
        case 2:
            rows.insert(rng.randrange(len(rows)), rows.pop(place))
        case 3:
            rows[place] = rows[place][: rng.randrange(len(rows[place]) + 1)]
        case 4:
            rows[place : place + 2] = [b"".join(rows[place : place + 2])]
        case _:
            rows[place] = rows[place] + b"\r"
    return b"\n".join(rows)


def cell(content: bytes, rng: random.Random) -> bytes:
    """One word of a table in place of another."""
    rows = content.decode("utf-8", "surrogateescape").split("\n")
    full = [i for i, row in enumerate(rows) if row.strip()] or [0]
    place = rng.choice(full)
    row = rows[place]
    gap = next((c for c in (",", ";", "\t") if c in row), None)
    words = row.split(gap)
    if words:
        words[rng.randrange(len(words))] = rng.choice(CELLS)
    rows[place] = (gap or " ").join(words)
    return "\n".join(rows).encode("utf-8", "surrogateescape")


def column(content: bytes, rng: random.Random) -> bytes:
    """One column of every row: left out, twice, or of one value."""
    rows = content.decode("utf-8", "surrogateescape").split("\n")
    gap = next((c for c in (",", ";", "\t") if any(c in row for row in rows)), None)
    place, how, value = rng.randrange(12), rng.randrange(3), rng.choice(CELLS)
    for number, row in enumerate(rows):
        words = row.split(gap)
        if len(words) < 2 or place >= len(words):
            continue
        if how == 0:
            del words[place]
        elif how == 1:
            words.insert(place, words[place])
        else:
            words[place] = value if number else words[place]
        rows[number] = (gap or " ").join(words)
    return "\n".join(rows).encode("utf-8", "surrogateescape")


def quote(content: bytes, rng: random.Random) -> bytes:
    """A quote, a separator, a line end or a byte that is no text, somewhere."""
    start = rng.randrange(len(content) + 1)
    extra = rng.choice(
        [b'"', b"'", b",", b";", b"\t", b"\r\n", b"\r", b"\xff", b"\xef\xbb\xbf", b"#"]
    )
    return content[:start] + extra + content[start:]


def rename(content: bytes, rng: random.Random) -> bytes:
    """Letters of a word in another case, or another word: a column, a key, a block."""
    words = sorted(
        {w for w in content.replace(b",", b" ").split() if w[:1].isalpha() or w[:1] == b"_"}
    )
    if not words:
        return content
    word = rng.choice(words)
    return content.replace(word, rng.choice([word.swapcase(), word + b"x", word[:-1], b"x"]))


TEXT = [lines, cell, cell, cell, column, quote, rename]


# trees


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container of a tree with every key in it."""
    found: list[tuple[Any, Any]] = []
    todo = [value]
    while todo:
        node = todo.pop()
        for key, item in _items(node):
            found.append((node, key))
            if isinstance(item, dict | list):
                todo.append(item)
    return found


def _items(node: Any) -> list[tuple[Any, Any]]:
    return list(node.items() if isinstance(node, dict) else enumerate(node))


def change_tree(tree: Any, rng: random.Random, *, may_be_raw: bool = True) -> dict[str, str]:
    """Change one place of a tree; what stands for text to be put in raw."""
    places = _places(tree)
    if not places:
        return {}
    node, key = rng.choice(places)
    raw: dict[str, str] = {}
    match rng.randrange(8):
        case 0:
            del node[key]
        case 1 if isinstance(node, dict):
            node[rng.choice(["x", "", "check", "format", f"{key}x"])] = node.pop(key)
        case 2 if isinstance(node, list):
            node.extend(node[:1] * rng.choice([1, 3]))
        case 3 if may_be_raw:
            node[key] = "@raw@"
            raw['"@raw@"'] = rng.choice(RAW)
        case 4 if isinstance(node[key], str):
            node[key] = rng.choice([*CODECS, node[key] + "x", node[key][1:], *CELLS])
        case 4 | 5 if isinstance(node[key], int | float):
            node[key] = rng.choice(
                [*NUMBERS, -node[key], node[key] + 1, node[key] * 1.5, str(node[key])]
            )
        case 6:
            other, its = rng.choice(places)
            value = dict(_items(other)).get(its, 0)
            # not a tree into itself
            node[key] = json.loads(json.dumps(value)) if value is not node else 0
        case _:
            node[key] = rng.choice(VALUES)
    return raw


def unseal(tree: Any, rng: random.Random) -> None:
    """Take out the checks, oftener than not: a file of an older cryoal, or of another's making.

    With them nothing but the check would be tried.
    """
    if rng.random() < 0.7:
        for node, key in _places(tree):
            if key == "check":
                del node[key]


def in_json(content: bytes, rng: random.Random) -> bytes:
    """A value of a JSON text, or of one of its lines."""
    rows = content.split(b"\n")
    place = 0
    is_lines = len(rows) > 2 and rows[0][:1] == b"{" and rows[0][-1:] == b"}"
    if is_lines:
        place = rng.randrange(len(rows) - 1)
        content = rows[place]
    tree = json.loads(content)
    unseal(tree, rng)
    raw = change_tree(tree, rng)
    text = json.dumps(tree, ensure_ascii=rng.random() < 0.5)
    for mark, value in raw.items():
        text = text.replace(mark, value)
    changed = text.encode("utf-8", "surrogatepass")
    if not is_lines:
        return changed
    rows[place] = changed
    return b"\n".join(rows)


def in_toml(content: bytes, rng: random.Random) -> bytes:
    """A value of a TOML text."""
    tree = tomllib.loads(content.decode())
    for _ in range(10):
        changed = json.loads(json.dumps(tree))
        change_tree(changed, rng, may_be_raw=False)
        try:
            text = tomli_w.dumps(changed)
        except (TypeError, ValueError, AttributeError):  # TOML has no null
            continue
        extra = rng.choice(
            ["", "", "", "", "x = " + "[" * 100_000, "x = 0x" + "f" * 9_000, "x = 1979-05-27"]
        )
        return (extra + "\n" + text).encode("utf-8", "surrogatepass") if extra else text.encode()
    return content + b"\nx = inf"


# what wraps something else


def in_gzip(content: bytes, rng: random.Random) -> bytes:
    """What is packed, changed and packed again."""
    return gzip.compress(rng.choice(BYTES)(gzip.decompress(content), rng), 1)


def in_bzip2(content: bytes, rng: random.Random) -> bytes:
    """What is packed, changed and packed again."""
    return bz2.compress(rng.choice(BYTES)(bz2.decompress(content), rng), 1)


def in_zip(content: bytes, rng: random.Random) -> bytes:
    """One file of an archive changed, left out, or under another name."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        inside = {name: old.read(name) for name in old.namelist()}
    name = rng.choice(sorted(inside))
    match rng.randrange(4):
        case 0:
            del inside[name]
        case 1:
            inside["x.npy"] = inside.pop(name)
        case 2:
            head = inside[name]
            for word in (b"'shape': (", b"<f4", b"|u1", b"<i8", b"False"):
                if word in head and rng.random() < 0.5:
                    new = rng.choice(
                        [b"|O", b"<U9", b"<f8", b"'shape': (999999999999, ", b"True", b"<c8"]
                    )
                    head = head.replace(word, new[: len(word)].ljust(len(word)))
            inside[name] = head
        case _:
            inside[name] = rng.choice(BYTES)(inside[name], rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as new_zip:
        for key, value in inside.items():
            new_zip.writestr(key, value)
    return packed.getvalue()


def in_safetensors(content: bytes, rng: random.Random) -> bytes:
    """The header of a file of weights, or the facts in it."""
    (size,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8 : 8 + size])
    unseal(header, rng)
    if rng.random() < 0.5:
        facts = json.loads(header["__metadata__"]["facts"])
        raw = change_tree(facts, rng)
        text = json.dumps(facts)
        for mark, value in raw.items():
            text = text.replace(mark, value)
        header["__metadata__"]["facts"] = text
        head = json.dumps(header).encode()
    else:
        raw = change_tree(header, rng)
        text = json.dumps(header)
        for mark, value in raw.items():
            text = text.replace(mark, value)
        head = text.encode()
    return struct.pack("<Q", len(head)) + head + content[8 + size :]


def mutators(name: str, content: bytes) -> list[Callable[[bytes, random.Random], bytes]]:
    """Those that make sense for a file of this name and content; the fitting ones more often."""
    ending = name.rpartition(".")[2].lower()
    if ending in ("json", "jsonl", "zattrs", "zarray", "zgroup"):
        return [in_json] * 12 + TEXT[:1] + BYTES
    if ending == "toml":
        return [in_toml] * 12 + TEXT + BYTES
    if ending in ("star", "csv", "tsv", "pdb", "cif", "txt"):
        return TEXT * 3 + BYTES
    special = {"gz": in_gzip, "bz2": in_bzip2, "npz": in_zip, "safetensors": in_safetensors}
    if ending in special:
        return [special[ending]] * 7 + BYTES
    if ending in ("mrc", "rec", "map"):
        return [put_number] * 12 + [flip_early] * 4 + BYTES
    return list(BYTES)


def mutated(name: str, content: bytes, rng: random.Random) -> bytes:
    """A changed content, never the same."""
    choices = mutators(name, content)
    for _ in range(20):
        try:
            changed = rng.choice(choices)(content, rng)
        except (ValueError, KeyError, TypeError, IndexError, EOFError, OSError, struct.error):
            continue  # the seed is not of that form, such as a member of an archive
        if changed != content:
            return changed
    return content + b"\x00"
