#!/usr/bin/env python3
"""Refuses an include that points up or sideways: app -> flows -> {server, engines, media} -> core.

Usage: includes.py ROOT. A room is weir/core, weir/media, weir/server, weir/app, or one directory below weir/engines or
weir/flows. A file may include its own room and rooms of a lower level. weir/core may use nothing but the standard
library, the system, tl::expected and jemalloc, so that it can be embedded by itself. Examples see only weir/core.
"""
import re
import sys
from pathlib import Path

LEVELS = {"core": 0, "media": 1, "engines": 1, "server": 1, "flows": 2, "app": 3}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')
TEST_FILE = re.compile(r"_(test|bench|fuzz)\.cpp$")
CORE_MAY_USE = re.compile(r"^(sys|linux|asm|netinet|arpa|tl|jemalloc|sanitizer)/|^[^/]+$")


def room_of(path: str) -> tuple[str, int] | None:
    """("weir/flows/watch", 2) for weir/flows/watch/flow.hpp; None for what is in no room."""
    parts = path.split("/")
    if len(parts) < 3 or parts[0] != "weir" or parts[1] not in LEVELS:
        return None
    depth = 3 if parts[1] in ("engines", "flows") and len(parts) > 3 else 2
    return "/".join(parts[:depth]), LEVELS[parts[1]]


def complaint(path: str, kind: str, target: str) -> str | None:
    is_test = TEST_FILE.search(path) is not None
    room = room_of(path)
    if ".." in target.split("/"):
        return "an include path starts at the root of the tree and has no .."
    if path.startswith("examples/"):
        inside_core = target.startswith("weir/core/")
        return None if inside_core or not target.startswith("weir/") else "an example uses weir/core alone"
    if room is None:
        return None
    if kind == '"' and not target.startswith(("weir/", "tests/")):
        return 'an include in quotes starts with "weir/"'
    if target.startswith("tests/"):
        return None if is_test else "only tests include tests"
    if target.startswith("weir/"):
        other = room_of(target)
        if other is None:
            return "that is in no room"
        if other[0] == room[0] or other[1] < room[1]:
            return None
        way = "up" if other[1] > room[1] else "sideways"
        return f"{room[0]} may not look {way} at {other[0]}"
    if room[0] == "weir/core" and not is_test and not CORE_MAY_USE.match(target):
        return "weir/core uses the standard library, the system, tl::expected and jemalloc alone"
    return None


def check(root: Path) -> list[str]:
    found = []
    for folder in ("weir", "examples"):
        for file in sorted((root / folder).rglob("*.[ch]pp")):
            path = file.relative_to(root).as_posix()
            for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
                match = INCLUDE.match(line)
                why = match and complaint(path, match[1], match[2])
                if why:
                    found.append(f"{path}:{number}: {match[2]}: {why}")
    return found


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "weir").is_dir():
        sys.exit("usage: includes.py ROOT")
    complaints = check(Path(sys.argv[1]))
    print("\n".join(complaints) if complaints else "every include points down")
    sys.exit(1 if complaints else 0)
