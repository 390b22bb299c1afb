#!/usr/bin/env python3
"""Makes the tables of docs/benchmarks.md from docs/bench/*.json: tables.py JSON_FOLDER MARKDOWN_FILE.

What stands between `<!-- NAME -->` and `<!-- end NAME -->` is replaced by the tables of NAME.json; the rest is written
by hand and stays.
"""
import json
import re
import sys
from pathlib import Path


def number(value: float | None) -> str:
    if value is None:
        return "–"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def tables(bench: dict) -> str:
    lines = [f"*Measured on {bench['machine']}.*", *bench.get("notes", []), "", "| bar | value | limit | holds |", "|---|---|---|---|"]
    for bar in bench["bars"]:
        lines.append(f"| {bar['name']} | {number(bar['value'])} | {number(bar['limit'])} | {'yes' if bar['holds'] else '**no**'} |")
    # One line per case and subject; its metrics side by side.
    metrics = list(dict.fromkeys((r["metric"], r["unit"]) for r in bench["rows"]))
    lines += ["", "| case | subject | " + " | ".join(f"{m}, {u}" for m, u in metrics) + " |", "|---|---|" + "---|" * len(metrics)]
    shown = None
    for case, subject in dict.fromkeys((r["case"], r["subject"]) for r in bench["rows"]):
        cells = []
        for metric, unit in metrics:
            found = [r for r in bench["rows"] if (r["case"], r["subject"], r["metric"], r["unit"]) == (case, subject, metric, unit)]
            if not found:
                cells.append("")
            elif found[0]["spread"] == 0:
                cells.append(number(found[0]["median"]))
            else:
                cells.append(f"{number(found[0]['median'])} ± {number(found[0]['spread'] / 2)}")
        name = f"**{subject}**" if subject.startswith("weir") else subject
        lines.append(f"| {case if case != shown else ''} | {name} | " + " | ".join(cells) + " |")
        shown = case
    return "\n".join(lines)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder, document = Path(sys.argv[1]), Path(sys.argv[2])
    text = document.read_text(encoding="utf-8")
    for file in sorted(folder.glob("*.json")):
        name = file.stem
        begin, end = f"<!-- {name} -->", f"<!-- end {name} -->"
        if begin not in text or end not in text:
            print(f"{document} has no place for {name}: {begin} … {end}", file=sys.stderr)
            return 1
        made = tables(json.loads(file.read_text(encoding="utf-8")))
        text = re.sub(re.escape(begin) + ".*?" + re.escape(end), lambda _: f"{begin}\n{made}\n{end}", text, flags=re.S)
    document.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
