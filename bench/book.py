"""The text that `weir read` and its peers speak: one book as plain text, without what some of them would leave out."""
from __future__ import annotations

import array
import os
import re
import wave
from pathlib import Path

import report

DATA = Path(os.environ.get("WEIR_TEST_DATA", report.ROOT.parent / "shared" / "data"))
BOOK = DATA / "documents" / "txt" / "alice_11-0_utf8.txt"
# What is louder than this is speech and not a pause.
LOUD = 300


def plain(book: str) -> str:
    """A paragraph a line, parted by blank lines; without the library's words before and after the book, the marks of
    emphasis, rows of stars and addresses, so that there is nothing in it that one reads out and another does not."""
    text = book.replace("\ufeff", "").replace("\r\n", "\n")
    begin = re.search(r"^\*\*\* ?START OF .*$", text, re.M)
    end = re.search(r"^\*\*\* ?END OF .*$", text, re.M)
    text = text[begin.end() if begin else 0:end.start() if end else len(text)]
    text = re.sub(r"(https?://|www\.)\S+", "", text).replace("_", "").replace("*", "")
    paragraphs = (" ".join(p.split()) for p in re.split(r"\n\s*\n", text))
    return "\n\n".join(p for p in paragraphs if re.search(r"\w", p)) + "\n"


def shortened(text: str, paragraphs: int) -> str:
    return "\n\n".join(text.rstrip("\n").split("\n\n")[:paragraphs]) + "\n"


def paragraphs(text: str) -> int:
    return len(text.rstrip("\n").split("\n\n"))


def sounding_s(file: Path, windows: int = 4000) -> float:
    """How many seconds of a WAV file are speech: of windows of 10 ms all over it those that are loud."""
    with wave.open(str(file)) as wav:
        if (wav.getnchannels(), wav.getsampwidth()) != (1, 2):
            raise RuntimeError(f"{file.name} is not mono of 16 bits")
        frames, rate = wav.getnframes(), wav.getframerate()
        size = rate // 100
        if frames < 2 * size:
            raise RuntimeError(f"{file.name} has no sound")
        loud = 0
        for i in range(windows):
            wav.setpos((frames - size) * i // windows)
            samples = array.array("h", wav.readframes(size))
            loud += max(max(samples), -min(samples)) > LOUD
    return loud / windows * frames / rate


def check_same_speech(files: dict[str, Path], reference: str, tolerance: float = 0.05) -> None:
    """Pauses may differ, what is said may not."""
    expected = sounding_s(files[reference])
    for name, file in files.items():
        found = sounding_s(file)
        if abs(found / expected - 1) > tolerance:
            raise RuntimeError(f"{name} speaks for {found:.0f} s and {reference} for {expected:.0f} s: that is not the same "
                               "text at the same speed")
