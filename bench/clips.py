"""The clips that benches about video play. Each is made once, with FFmpeg alone, so that a run needs no download."""
from __future__ import annotations

import subprocess
from pathlib import Path

import report

FPS = 15
DATA = report.ROOT / "build/bench-data"

# What everything looks at: movement in the whole picture, and noise as of a sensor.
CLIP = DATA / "cam.mp4"
FRAMES = 1000
# Its beginning, for what takes longer a frame.
SHORT_CLIP = DATA / "short.mp4"
SHORT_FRAMES = 300
# The same picture with little noise, of which nothing moves.
STILL_CLIP = DATA / "still.mp4"
STILL_FRAMES = 600

PICTURE = f"testsrc2=s=1920x1080:r={FPS}"
H264 = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0", "-g", "30",
        "-b:v", "4M", "-maxrate", "4M", "-bufsize", "4M"]


def made(clip: Path, arguments: list[str]) -> None:
    """Under its name only when it is whole."""
    if clip.exists():
        return
    DATA.mkdir(parents=True, exist_ok=True)
    part = clip.with_suffix(f".part{clip.suffix}")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, str(part)], check=True)
    part.rename(clip)


def make_clip() -> None:
    made(CLIP, ["-f", "lavfi", "-i", f"{PICTURE},noise=alls=6:allf=t", "-frames:v", str(FRAMES), *H264])


def make_short_clip() -> None:
    make_clip()
    made(SHORT_CLIP, ["-i", str(CLIP), "-frames:v", str(SHORT_FRAMES), "-c", "copy"])


def make_still_clip() -> None:
    made(STILL_CLIP, ["-f", "lavfi", "-i", f"{PICTURE},loop=loop=-1:size=1:start=0,setpts=N/{FPS}/TB,noise=alls=3:allf=t",
                      "-frames:v", str(STILL_FRAMES), *H264])


def copies(clip: Path, folder: Path, count: int) -> list[Path]:
    """The clip under names of their own, as so many cameras."""
    links = [folder / f"{clip.stem}-{i:02}.mp4" for i in range(count)]
    for link in links:
        if not link.exists():
            link.symlink_to(clip)
    return links
