#!/usr/bin/env python3
"""Documents aloud: `weir read` beside the command lines of espeak-ng and flite, and beside speech-dispatcher."""
from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import book
import dispatcher
import first_sound
import memory
import report
from processes import cost_of

PROGRAM = report.ROOT / "build/release/weir-read"
WEIR, ESPEAK = "weir read", "espeak-ng"
WEIR_FLITE, FLITE = "weir read, flite:kal", "flite, kal"
DISPATCHER = "speech-dispatcher with sd_espeak-ng"
EXPORT, FIRST, MEMORY, LEVEL = ("a book to WAV of 16 bits", "first sound on a pipe, cold", "memory of all processes",
                                "the book over and over")
CPU, TIME, STEADY, PEAK, VERDICT = "CPU", "from process start", "steady", "peak", "neither level nor plateau"
# Of espeak-ng's command line; of speech-dispatcher and what a document may take beside it.
CPU_LIMIT, FIRST_LIMIT, MEMORY_LIMIT, DOCUMENT_MIB = 1.15, 3.0, 1.0, 30
LEVEL_PARAGRAPHS = 1000
FIRST_SOUNDS = 20  # a round


def commands(text: Path, folder: Path) -> dict[str, tuple[list[str], Path]]:
    """Each with where its WAV goes. All read the same file, at their own usual speed."""
    out = {name: folder / f"{i}.wav" for i, name in enumerate((WEIR, ESPEAK, WEIR_FLITE, FLITE))}
    lines = {WEIR: [str(PROGRAM), str(text), "--out", str(out[WEIR])],
             ESPEAK: ["espeak-ng", "-f", str(text), "-w", str(out[ESPEAK])],
             WEIR_FLITE: [str(PROGRAM), str(text), "--voice", "flite:kal", "--out", str(out[WEIR_FLITE])],
             FLITE: ["flite", "-voice", "kal", "-f", str(text), "-o", str(out[FLITE])]}
    return {name: (lines[name], out[name]) for name in lines}


def taken_in_turns(names: list[str], rounds: int, measure: Callable[[str], list[float]]) -> dict[str, list[float]]:
    """What each subject measured; one that fails has nothing."""
    found: dict[str, list[float]] = {name: [] for name in names}
    failed = set()
    for turn in range(rounds):
        for name in random.sample(names, len(names)):
            if name in failed:
                continue
            try:
                found[name] += measure(name)
            except (RuntimeError, OSError) as error:
                print(f"bench read: {name}: {error}", file=sys.stderr)
                failed.add(name)
                found[name] = []
                continue
            print(f"  round {turn + 1}: {name}: {found[name][-1]:.3f}", file=sys.stderr)
    return {name: samples for name, samples in found.items() if samples}


def rows_of(case: str, metric: str, unit: str, samples: dict[str, list[float]]) -> list[dict]:
    return [report.row(case, name, metric, unit, of_one) for name, of_one in samples.items()]


def export(text: Path, folder: Path, rounds: int) -> list[dict]:
    lines = commands(text, folder)
    seconds = taken_in_turns(list(lines), rounds, lambda name: [cost_of(lines[name][0]).cpu_s])
    for one, reference in ((WEIR, ESPEAK), (WEIR_FLITE, FLITE)):
        if one in seconds and reference in seconds:
            book.check_same_speech({name: lines[name][1] for name in (one, reference)}, reference)
    return rows_of(EXPORT, CPU, "s", seconds)


def first(text: Path, rounds: int) -> list[dict]:
    lines = {WEIR: [str(PROGRAM), str(text), "--out", "-"], ESPEAK: ["espeak-ng", "-f", str(text), "--stdout"]}
    for line in lines.values():  # everything is in the page cache then, for all of them
        try:
            first_sound.first_sound_ms(line)
        except (RuntimeError, OSError):
            continue  # said when it is measured
    times = taken_in_turns(list(lines), rounds * FIRST_SOUNDS, lambda name: [first_sound.first_sound_ms(lines[name])])
    return rows_of(FIRST, TIME, "ms", times)


def held(text: Path, folder: Path, rounds: int) -> list[dict]:
    sentences = [s.strip() + "." for s in text.read_text().replace("\n", " ").split(".") if len(s.strip()) > 20][:12]
    steady = taken_in_turns([DISPATCHER], rounds, lambda _: [dispatcher.spoken_memory_mib(sentences)])
    rows = rows_of(MEMORY, STEADY, "MiB", steady)
    lines = {name: line for name, (line, _) in commands(text, folder).items() if name in (WEIR, ESPEAK)}
    peaks: dict[str, list[float]] = {name: [] for name in lines}

    def run(name: str) -> list[float]:
        samples = memory.memory_of_run(lines[name])
        peaks[name].append(max(samples))
        return [statistics.median(memory.middle(samples))]

    found = taken_in_turns(list(lines), rounds, run)
    return (rows + rows_of(MEMORY, STEADY, "MiB", found) +
            rows_of(MEMORY, PEAK, "MiB", {name: of_one for name, of_one in peaks.items() if name in found}))


def not_level(found: dict) -> int:
    """0 or 1, from the report of a run; one that was too short for a verdict is an error."""
    paragraphs, verdict = sum(one["paragraphs"] for one in found["books"]), found["memory"]["verdict"]
    print(f"  {paragraphs} paragraphs in {found['seconds']:.0f} s: {verdict}", file=sys.stderr)
    if paragraphs < LEVEL_PARAGRAPHS or verdict in ("warming", "undecided"):
        raise RuntimeError(f"the run was too short for a verdict: {paragraphs} paragraphs, {verdict}")
    return 0 if verdict in ("level", "plateau") else 1


def level(text: Path, folder: Path) -> list[dict]:
    target = folder / "report.json"

    def run(_: str) -> list[float]:
        cost_of([str(PROGRAM), str(text), "--out", str(folder / "level.wav"), "--report", str(target)])
        return [not_level(json.loads(target.read_text()))]

    return rows_of(LEVEL, VERDICT, "runs", taken_in_turns([WEIR], 1, run))


def bars_of(rows: list[dict]) -> list[dict]:
    def of_peer(case: str, metric: str, peer: str, beside: float = 0) -> float | None:
        theirs = report.median(rows, case, peer, metric)
        return report.ratio(report.median(rows, case, WEIR, metric), None if theirs is None else theirs + beside)

    return [
        report.bar("export, CPU: of espeak-ng's command line", of_peer(EXPORT, CPU, ESPEAK), CPU_LIMIT),
        report.bar("first sound, cold: of espeak-ng's command line", of_peer(FIRST, TIME, ESPEAK), FIRST_LIMIT),
        report.bar(f"steady memory: of speech-dispatcher's with espeak-ng and {DOCUMENT_MIB} MiB",
                   of_peer(MEMORY, STEADY, DISPATCHER, DOCUMENT_MIB), MEMORY_LIMIT),
        report.bar(f"{LEVEL_PARAGRAPHS} paragraphs and more: runs whose memory is neither level nor a plateau",
                   report.median(rows, LEVEL, WEIR, VERDICT), 0),
    ]


def main() -> int:
    options = report.arguments("read", rounds=5)
    rounds = 1 if options.quick else options.rounds
    if not book.BOOK.exists():
        print(f"bench read: {book.BOOK} is missing; say with WEIR_TEST_DATA where the shared data is", file=sys.stderr)
        return 1
    text = book.plain(book.BOOK.read_text(encoding="utf-8"))
    if options.quick:
        text = book.shortened(text, 150)
    # How often the book follows on itself: for memory to be steady, and for a verdict on it, which takes a minute.
    often, oftener = (1, 2) if options.quick else (3, 15)
    rows: list[dict] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = {times: folder / f"book-{times}.txt" for times in (1, often, oftener)}
        for times, file in files.items():
            file.write_text("\n".join([text] * times), encoding="utf-8")
        # What cannot be measured leaves its rows out, and its bar does not hold.
        for part in (lambda: export(files[1], folder, rounds), lambda: first(files[1], rounds),
                     lambda: held(files[often], folder, min(rounds, 3)), lambda: level(files[oftener], folder)):
            try:
                rows += part()
            except (RuntimeError, OSError, KeyError, ValueError) as error:
                print(f"bench read: {error}", file=sys.stderr)
    notes = [f"The book: {book.BOOK.stem}, {len(text.split()):,} words in {book.paragraphs(text):,} paragraphs of plain text; "
             f"for memory {often} times over, for the verdict {oftener} times."]
    bars = bars_of(rows)
    return report.finish({"bench": "read", "machine": report.machine(), "notes": notes, "rows": rows, "bars": bars}, options)


if __name__ == "__main__":
    sys.exit(main())
