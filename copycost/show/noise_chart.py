"""The noise chart of a profile: what identical measurements of a machine differ by, against bytes."""

from __future__ import annotations

from pathlib import Path

from copycost.analyse.noise_profile import NoiseProfile, profile_path, read_profile
from copycost.show.charts.frames import NOISE
from copycost.show.charts.gallery import draw_all
from copycost.show.plot_subject import Subject


def profile_subject(profile: NoiseProfile, source: str | None = None) -> Subject:
    """Return a profile as its chart is drawn from it; ``source`` names its file, else the machine does."""
    name = source or profile_path(Path(), profile.machine).name
    frame = profile.sizes.assign(machine=profile.machine)
    return Subject(NOISE, frame, (name,), machine={"machine": profile.machine})


def noise_subject(path: Path) -> Subject:
    """Return the profile in a file as its chart is drawn from it.

    Raises:
        UsageError: the file cannot be read or holds no noise profile.
    """
    return profile_subject(read_profile(path), path.name)


def draw_noise(
    profile: NoiseProfile,
    out: Path,
    *,
    formats: tuple[str, ...] = ("svg", "png"),
    theme: str = "light",
    width: int = 720,
) -> list[Path]:
    """Draw a profile's noise floor into a folder and return the files.

    Raises:
        UsageError: the folder cannot be written, or the profile has no floor.
    """
    subject = profile_subject(profile)
    return draw_all(
        subject.frame,
        out,
        formats=formats,
        themes=(theme,),
        width=width,
        machine=subject.machine,
        provenance=subject.provenance,
        shows=NOISE,
    )
