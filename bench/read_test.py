#!/usr/bin/env python3
"""What bench/read.py and its parts conclude from made-up figures, sounds and programs."""
import array
import math
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import book
import first_sound
import memory
import read

GUTENBERG = """\ufeffAbout this eBook\r
\r
*** START OF THIS EBOOK ***\r
\r
CHAPTER I.\r
\r
She was _very_ tired\r
of sitting.\r
\r
     *    *    *\r
\r
See www.example.org/x and more.\r
*** END OF THIS EBOOK ***\r
\r
A licence.\r
"""


def write_wav(file: Path, samples: list[int], rate: int = 8000) -> None:
    with wave.open(str(file), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(rate)
        wav.writeframes(array.array("h", samples).tobytes())


def speech(seconds: float, pause: float) -> list[int]:
    tone = [int(9000 * math.sin(0.5 * i)) for i in range(int(8000 * seconds / 4))]
    return (tone + [0] * int(8000 * pause / 4)) * 4


def rows(**changed: float) -> list[dict]:
    figures = {"weir_cpu": 1.0, "espeak_cpu": 1.0, "weir_ms": 25.0, "espeak_ms": 10.0, "weir_mib": 40.0, "dispatcher_mib": 12.0,
               "broken": 0, **changed}
    one = read.rows_of
    return (one(read.EXPORT, read.CPU, "s", {read.WEIR: [figures["weir_cpu"]], read.ESPEAK: [figures["espeak_cpu"]]}) +
            one(read.FIRST, read.TIME, "ms", {read.WEIR: [figures["weir_ms"]], read.ESPEAK: [figures["espeak_ms"]]}) +
            one(read.MEMORY, read.STEADY, "MiB",
                {read.WEIR: [figures["weir_mib"]], read.DISPATCHER: [figures["dispatcher_mib"]]}) +
            one(read.LEVEL, read.VERDICT, "runs", {read.WEIR: [figures["broken"]]}))


class Bars(unittest.TestCase):
    def test_each_is_of_its_peer(self) -> None:
        self.assertEqual([(b["value"], b["holds"]) for b in read.bars_of(rows())],
                         [(1.0, True), (2.5, True), (0.952, True), (0, True)])

    def test_each_can_break_alone(self) -> None:
        for at, changed in enumerate(({"weir_cpu": 1.16}, {"weir_ms": 30.1}, {"weir_mib": 42.5}, {"broken": 1})):
            holds = [b["holds"] for b in read.bars_of(rows(**changed))]
            self.assertEqual(holds, [i != at for i in range(4)], changed)

    def test_what_was_not_measured_does_not_hold(self) -> None:
        self.assertEqual([b["holds"] for b in read.bars_of([])], [False] * 4)
        without = [r for r in rows() if r["subject"] == read.WEIR]
        self.assertEqual([b["holds"] for b in read.bars_of(without)], [False, False, False, True])

    def test_a_run_is_level_growing_or_too_short(self) -> None:
        def found(verdict: str, paragraphs: int = 5000) -> dict:
            return {"seconds": 60.0, "books": [{"paragraphs": paragraphs}], "memory": {"verdict": verdict}}

        self.assertEqual([read.not_level(found(v)) for v in ("level", "plateau", "growing")], [0, 0, 1])
        for short in (found("warming"), found("undecided"), found("level", 999)):
            with self.assertRaises(RuntimeError):
                read.not_level(short)


class Turns(unittest.TestCase):
    def test_who_fails_once_has_nothing_and_the_others_go_on(self) -> None:
        calls = []

        def measure(name: str) -> list[float]:
            calls.append(name)
            if name == "broken" and calls.count("broken") == 2:
                raise RuntimeError("planted")
            return [1.0]

        self.assertEqual(read.taken_in_turns(["good", "broken"], 4, measure), {"good": [1.0] * 4})
        self.assertEqual(calls.count("broken"), 2)


class Book(unittest.TestCase):
    def test_the_text_is_what_everybody_would_read(self) -> None:
        self.assertEqual(book.plain(GUTENBERG), "CHAPTER I.\n\nShe was very tired of sitting.\n\nSee and more.\n")

    def test_it_is_cut_between_paragraphs(self) -> None:
        text = book.plain(GUTENBERG)
        self.assertEqual(book.paragraphs(text), 3)
        self.assertEqual(book.shortened(text, 1), "CHAPTER I.\n")
        self.assertEqual(book.paragraphs("\n".join([text] * 3)), 9)

    def test_pauses_may_differ_and_words_may_not(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            files = {name: Path(folder) / f"{name}.wav" for name in ("reference", "pauses", "words", "silence")}
            write_wav(files["reference"], speech(8, 1))
            write_wav(files["pauses"], speech(8, 3))
            write_wav(files["words"], speech(7, 1))
            write_wav(files["silence"], [0] * 8000)
            book.check_same_speech({n: files[n] for n in ("reference", "pauses")}, "reference")
            for other in ("words", "silence"):
                with self.assertRaises(RuntimeError):
                    book.check_same_speech({n: files[n] for n in ("reference", other)}, "reference")


class FirstSound(unittest.TestCase):
    HEADER = b"RIFF....WAVEfmt " + bytes(20) + b"data\xff\xff\xff\x7f"

    def test_silence_and_headers_of_any_length_are_no_sound_however_they_come(self) -> None:
        stream = self.HEADER + bytes(100) + b"\x00\x01"
        heard = first_sound.FirstSound()
        answers = [heard(stream[i:i + 1]) for i in range(len(stream))]
        self.assertEqual(answers, [False] * (len(stream) - 1) + [True])
        self.assertTrue(first_sound.FirstSound()(stream))
        self.assertFalse(first_sound.FirstSound()(stream[:-1]))
        self.assertFalse(first_sound.FirstSound()(b"no header at all" * 10))

    def test_the_time_is_that_of_the_sound_and_the_program_is_gone_then(self) -> None:
        script = ("import os,sys,time; o=sys.stdout.buffer; o.write(%r + bytes(2)); o.flush(); time.sleep(0.3); "
                  "o.write(b'\\x05\\x00'); o.flush(); time.sleep(60)" % self.HEADER)
        start = time.monotonic()
        took_ms = first_sound.first_sound_ms([sys.executable, "-c", script])
        self.assertGreaterEqual(took_ms, 300)
        self.assertLess(time.monotonic() - start, 50, "it was waited for")

    def test_a_program_that_says_nothing_is_an_error(self) -> None:
        with self.assertRaises(RuntimeError):
            first_sound.first_sound_ms([sys.executable, "-c", ""])


class Memory(unittest.TestCase):
    def test_the_memory_of_children_counts_and_shared_pages_count_once(self) -> None:
        size = 64 << 20
        script = (f"import os,time; x=bytearray(b'x')*{size}; pid=os.fork(); os.write(1, b'u'); "
                  "time.sleep(60) if pid == 0 else os.waitpid(pid, 0)")
        with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, start_new_session=True) as process:
            try:
                assert process.stdout
                self.assertEqual(process.stdout.read(2), b"uu")
                seen = memory.pss_mib(process.pid)
            finally:
                os.killpg(process.pid, signal.SIGKILL)
        self.assertEqual(len(seen.names), 2)
        self.assertGreater(seen.mib, 64)
        self.assertLess(seen.mib, 120)

    def test_the_middle_is_neither_start_nor_end(self) -> None:
        self.assertEqual(memory.middle([9, 1, 2, 3, 4, 5, 6, 9]), [2, 3, 4, 5])
        self.assertEqual(memory.middle([7]), [7])

    def test_a_run_that_fails_measures_nothing(self) -> None:
        with self.assertRaises(RuntimeError):
            memory.memory_of_run([sys.executable, "-c", "raise SystemExit(3)"])


if __name__ == "__main__":
    unittest.main()
