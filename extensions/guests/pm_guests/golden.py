"""The golden image: built once for each version of what builds it, then shared by all guests."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import pathlib
import re
import shutil
import subprocess
import time
import typing as t

from .layout import RUN
from .programs import LabError, run
from .records import Records

SCRIPTS = pathlib.Path(__file__).resolve().parents[1] / "image"
#: What a guest needs of it.
PARTS = ("root.img", "vmlinuz", "initrd", "id_ed25519")
RELEASE = "bookworm"
#: Settings of this machine's apt without which its sources may not be usable.
APT_SETTINGS = ("Acquire::Check-", "Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::ForceIP")
TAIL = 15


def digest(folder: pathlib.Path = SCRIPTS) -> str:
    """A hash of all files that make the image, and of whether they may be executed."""
    found = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            found.update(f"{path.relative_to(folder)}\0{path.stat().st_mode & 0o100}\0".encode())
            found.update(path.read_bytes() + b"\0")
    return found.hexdigest()[:16]


def folder_of(images: pathlib.Path) -> pathlib.Path:
    """Where the image is, or will be."""
    return images / f"golden-{digest()}"


def is_whole(folder: pathlib.Path) -> bool:
    return all((folder / part).is_file() for part in PARTS)


@contextlib.contextmanager
def locked(path: pathlib.Path, say: t.Callable[[str], None]) -> t.Iterator[None]:
    """Hold a lock that ends with this process."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another process that holds {path}")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield


def ensure(images: pathlib.Path, say: t.Callable[[str], None]) -> pathlib.Path:
    """Return the folder of the image; build it when it is not there.

    A build that was interrupted leaves a folder of another name, which the next one removes.

    :raises LabError: it cannot be built
    """
    folder = folder_of(images)
    with locked(images / "golden.lock", say):
        if is_whole(folder):
            return folder
        for leftover in images.glob("building-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        shutil.rmtree(folder, ignore_errors=True)
        building = images / f"building-{folder.name}"
        building.mkdir(parents=True)
        say("building the golden image (about a minute; later starts use it again) ...")
        begin = time.monotonic()
        try:
            _build(building, images / "golden.log")
        except BaseException:
            shutil.rmtree(building, ignore_errors=True)
            raise
        building.rename(folder)
        _remove_unused(images, folder)
        say(f"built in {time.monotonic() - begin:.0f} s")
        return folder


def _remove_unused(images: pathlib.Path, newest: pathlib.Path) -> None:
    """Remove older images that no running lab uses."""
    used = {Records(state).read().get("golden") for state in RUN.glob("pmg-*/state.json")}
    for old in images.glob("golden-*"):
        if old.is_dir() and old != newest and str(old) not in used:
            shutil.rmtree(old, ignore_errors=True)


def _build(building: pathlib.Path, log: pathlib.Path) -> None:
    sources, settings = building / "sources", building / "apt.conf"
    sources.write_text(_sources(), encoding="utf-8")
    settings.write_text(_settings(), encoding="utf-8")
    command = ["bash", str(SCRIPTS / "golden.sh"), str(building), str(sources), str(settings)]
    with open(log, "wb") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
    for made in (sources, settings):
        made.unlink()
    if done.returncode or not is_whole(building):
        last = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])
        last = re.sub(r"\b[a-z+]+://[^\s'\"]+", "(source)", last)  # may have a password
        raise LabError(f"the golden image could not be built; the end of {log}:\n{last}")


def _sources() -> str:
    """The package sources of this machine, one line each, whatever format they are kept in."""
    line = "deb $(REPO_URI) $(RELEASE) $(COMPONENT)"
    found = run("apt-get", "indextargets", "--format", line, "Created-By: Packages").splitlines()
    fitting = sorted({one for one in found if one.split()[2].startswith(RELEASE)})
    if not any(one.split()[2] == RELEASE for one in fitting):
        raise LabError(
            f"apt on this machine has no source for Debian {RELEASE}, of which the guests are made. "
            "Use such a machine, and run apt-get update on it first"
        )
    return "".join(f"{one}\n" for one in fitting)


def _settings() -> str:
    lines = run("apt-config", "dump").splitlines()
    return "".join(f"{line}\n" for line in lines if line.startswith(APT_SETTINGS))
