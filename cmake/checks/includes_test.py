#!/usr/bin/env python3
"""Plants includes in a tree of its own and looks at what the include check says."""
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import includes


class Includes(unittest.TestCase):
    def verdict(self, path: str, line: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / path
            file.parent.mkdir(parents=True)
            file.write_text(f"#pragma once\n{line}\n")
            return includes.check(Path(folder))

    def refused(self, path: str, line: str, word: str) -> None:
        said = self.verdict(path, line)
        self.assertEqual(len(said), 1, said)
        self.assertIn(word, said[0])
        self.assertTrue(said[0].startswith(f"{path}:2: "), said[0])

    def allowed(self, path: str, line: str) -> None:
        self.assertEqual(self.verdict(path, line), [])

    def test_up_is_refused(self):
        self.refused("weir/core/pool.cpp", '#include "weir/media/decoder.hpp"', "up")
        self.refused("weir/server/http.cpp", '#include "weir/flows/watch/flow.hpp"', "up")
        self.refused("weir/flows/watch/flow.cpp", '#include "weir/app/settings.hpp"', "up")
        self.refused("weir/core/pool.cpp", "  #  include <weir/app/settings.hpp>", "up")

    def test_sideways_is_refused(self):
        self.refused("weir/flows/watch/flow.cpp", '#include "weir/flows/read/flow.hpp"', "sideways")
        self.refused("weir/server/http.cpp", '#include "weir/media/packet.hpp"', "sideways")
        self.refused("weir/engines/motion/motion.cpp", '#include "weir/engines/detect/detect.hpp"', "sideways")
        self.refused("weir/media/frame.hpp", '#include "weir/engines/motion/motion.hpp"', "sideways")

    def test_down_and_own_room_are_allowed(self):
        self.allowed("weir/app/main.cpp", '#include "weir/flows/watch/flow.hpp"')
        self.allowed("weir/flows/watch/flow.cpp", '#include "weir/server/http.hpp"')
        self.allowed("weir/flows/watch/flow.cpp", '#include "weir/flows/watch/stage.hpp"')
        self.allowed("weir/engines/motion/motion.cpp", '#include "weir/core/pool.hpp"')
        self.allowed("weir/media/frame_test.cpp", '#include "tests/support/data.hpp"')

    def test_core_stays_embeddable(self):
        self.refused("weir/core/log.cpp", "#include <spdlog/spdlog.h>", "alone")
        self.refused("weir/core/log.cpp", "#include <opencv2/core.hpp>", "alone")
        self.allowed("weir/core/pool.cpp", "#include <sys/mman.h>")
        self.allowed("weir/core/result.hpp", "#include <tl/expected.hpp>")
        self.allowed("weir/core/pool_test.cpp", "#include <gtest/gtest.h>")
        self.refused("examples/01_x/main.cpp", '#include "weir/media/frame.hpp"', "alone")

    def test_ways_around_are_refused(self):
        self.refused("weir/media/frame.cpp", '#include "../flows/watch/flow.hpp"', "..")
        self.refused("weir/media/frame.cpp", '#include "frame.hpp"', "quotes")
        self.refused("weir/media/frame.cpp", '#include "tests/support/data.hpp"', "only tests")


if __name__ == "__main__":
    unittest.main()
