"""What a sleep to disk needs beside the kernel: room in the swap, and a next boot that finds the image. Private."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re
import typing as t
from dataclasses import dataclass

from .answer import NONE, PROBE_FAILED, SUPPORTED, ProbeFailed, config, listed, read_or, shown, whole
from .machine import Machine

#: systemd's rule (src/shared/sleep-util.c): what is used and not backed by files must fit into this part of free swap.
_PART: t.Final = 0.98

#: Bytes of the image that a slow disk takes in a second; what is written is packed, so it is less.
_WRITTEN: t.Final = 50e6

_CONF: t.Final = "/etc/initramfs-tools"


@dataclass(frozen=True)
class Swap:
    """Room for the image: free space of the roomiest swap area and what it has to hold (KiB), None where not known."""

    state: str
    why: str = ""
    free_kib: int | None = None
    needed_kib: int | None = None


@dataclass(frozen=True)
class Resume:
    """Who tells the next boot where the image is: kernel command line, /sys/power/resume, initramfs-tools, EFI."""

    state: str
    why: str = ""
    by: str = ""


def swap_room(machine: Machine) -> Swap:
    """Whether one swap area has room for the image of a hibernation."""
    try:
        areas = [area for area in _swap_areas(machine) if not area[0].startswith("/dev/zram")]
        needed = _anonymous(machine)
    except ProbeFailed as exc:
        return Swap(PROBE_FAILED, str(exc))
    if not areas:
        return Swap(NONE, "there is no swap on a disk: add a swap partition or file", None, needed)
    name, free = max(areas, key=lambda area: area[1])
    if free * _PART < needed:
        why = f"the swap is too small: {name} has {free} KiB free for an image of {needed} KiB or more"
        return Swap(NONE, why, free, needed)
    return Swap(SUPPORTED, "", free, needed)


def image_seconds(machine: Machine) -> float:
    """How long the writing of the image may take (s).

    The kernel keeps the image below /sys/power/image_size unless more than that cannot be thrown away
    (Documentation/ABI/testing/sysfs-power). Without these numbers it is all of the memory.

    :raises ProbeFailed: they cannot be read.
    """
    memory = read_or(machine, "/proc/meminfo")
    kib = {name: int(value) for name, value in re.findall(r"(?m)^(\w+):\s+([0-9]{1,15}) kB$", memory)}
    total = kib.get("MemTotal", 0) * 1024
    limit = read_or(machine, "/sys/power/image_size")
    wanted = int(limit) if limit.isdigit() else total
    needed = total - kib.get("MemAvailable", 0) * 1024
    return min(total - kib.get("MemFree", 0) * 1024, max(wanted, needed)) / _WRITTEN


def resume_config(machine: Machine) -> Resume:
    """Whether the next boot will look for an image, as far as that can be seen without opening the initramfs."""
    try:
        return _resume(machine)
    except ProbeFailed as exc:
        return Resume(PROBE_FAILED, str(exc))


def _resume(machine: Machine) -> Resume:
    options = read_or(machine, "/proc/cmdline").split()
    if "noresume" in options:
        return Resume(NONE, "the kernel was started with noresume: remove it from the boot loader's options")
    if any(option.startswith("resume=") and len(option) > len("resume=") for option in options):
        return Resume(SUPPORTED, "", "kernel command line")
    device = read_or(machine, "/sys/power/resume", "0:0")
    if not re.fullmatch(r"[0-9]+:[0-9]+", device):
        raise ProbeFailed(f"/sys/power/resume holds no device number: {shown(device)}")
    if device != "0:0":
        return Resume(SUPPORTED, "", "/sys/power/resume")
    if machine.exists(f"{_CONF}/initramfs.conf"):
        return _initramfs_tools(machine)
    if _efi_by_systemd(machine):
        return Resume(SUPPORTED, "", "systemd, by an EFI variable")
    return Resume(
        NONE, "no next boot would find the image: name the swap with resume= on the kernel command line"
    )


def _initramfs_tools(machine: Machine) -> Resume:
    """RESUME= in initramfs.conf, and in the files of conf.d, which are read after it; the last one counts."""
    files = [
        f"{_CONF}/initramfs.conf",
        *(f"{_CONF}/conf.d/{name}" for name in listed(machine, f"{_CONF}/conf.d")),
    ]
    text = "\n".join(config(machine, file) for file in files)
    values = re.findall(r"(?m)^[ \t]*(?:export[ \t]+)?RESUME=['\"]?([^'\"\s#]*)", text)
    value = values[-1] if values else ""
    if value == "none":
        return Resume(NONE, f"RESUME=none in {_CONF}: name the swap there, then update-initramfs -u")
    if value in ("", "auto"):
        return Resume(SUPPORTED, "", "initramfs-tools, which looks for a swap itself")
    return Resume(SUPPORTED, "", "initramfs-tools")


def _efi_by_systemd(machine: Machine) -> bool:
    """Since version 254 systemd leaves the place in HibernateLocation (systemd-hibernate-resume.service(8))."""
    units = ("/usr/lib/systemd/system", "/lib/systemd/system")
    known = any(machine.exists(f"{folder}/systemd-hibernate-resume.service") for folder in units)
    return known and machine.exists("/sys/firmware/efi/efivars")


def _swap_areas(machine: Machine) -> list[tuple[str, int]]:
    """Name and free KiB of each area; /proc/swaps has a heading, and escapes white space in names."""
    path = "/proc/swaps"
    areas = []
    for line in read_or(machine, path).splitlines()[1:]:
        fields = line.split()
        if len(fields) != 5:
            raise ProbeFailed(f"{path} has a line of another form: {shown(line)}")
        areas.append((fields[0], whole(fields[2], path) - whole(fields[3], path)))
    return areas


def _anonymous(machine: Machine) -> int:
    path = "/proc/meminfo"
    match = re.search(r"(?m)^Active\(anon\):\s+([0-9]{1,15}) kB$", read_or(machine, path))
    if match is None:
        raise ProbeFailed(f"{path} does not tell Active(anon)")
    return int(match[1])
