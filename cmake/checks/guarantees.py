#!/usr/bin/env python3
"""Every test that docs/guarantees.md names exists, and every line of a table there names one: guarantees.py ROOT."""
import re
import sys
from pathlib import Path

GTEST = re.compile(r"^\s*(?:TYPED_)?TEST(?:_F|_P)?\(\s*(\w+)\s*,\s*(\w+)\s*\)", re.M)
CTEST = re.compile(r"add_test\(NAME\s+([\w.]+)")


def tests_in(root: Path) -> set[str]:
    known = set()
    for folder in ("weir", "tests"):
        for file in (root / folder).rglob("*_test.cpp"):
            known |= {f"{suite}.{name}" for suite, name in GTEST.findall(file.read_text(encoding="utf-8"))}
    for file in [*root.glob("cmake/*.cmake"), *root.glob("tests/**/CMakeLists.txt")]:
        known |= set(CTEST.findall(file.read_text(encoding="utf-8")))
    return known


def check(root: Path) -> list[str]:
    known, wrong = tests_in(root), []
    for number, line in enumerate((root / "docs/guarantees.md").read_text(encoding="utf-8").splitlines(), 1):
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if not line.startswith("|") or len(cells) != 3 or cells[0] == "promise":
            continue
        named = re.findall(r"`([\w.]+)`", cells[2])
        if not named:
            wrong.append(f"docs/guarantees.md:{number}: no test is named")
        wrong += [f"docs/guarantees.md:{number}: there is no test {name}" for name in named if name not in known]
    return wrong


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "docs/guarantees.md").is_file():
        sys.exit("usage: guarantees.py ROOT")
    found = check(Path(sys.argv[1]))
    print("\n".join(found) if found else "every guarantee names a test that exists")
    sys.exit(1 if found else 0)
