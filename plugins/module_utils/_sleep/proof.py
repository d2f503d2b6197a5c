"""Proof that a machine slept: what is read before and after, and the one function that judges it."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time
import typing as t
from dataclasses import dataclass

from .machine import Machine

#: The clocks must have drifted apart by this much to prove a sleep (s).
SLEPT: t.Final = 0.3

#: What only the kernel's log tells must have lasted this long: it counts the suspending of devices too (s).
IDLED: t.Final = 5.0

#: A sleep that ended this long before its alarm did not end by it (s).
EARLY: t.Final = 2.0

_BOOT_ID: t.Final = "/proc/sys/kernel/random/boot_id"
_SOURCES: t.Final = "/sys/class/wakeup"


@dataclass(frozen=True)
class Snapshot:
    """What tells of a sleep, read at one moment.

    ``boottime`` counts asleep too, ``monotonic`` does not (clock_gettime(2)); seconds since the boot. ``sources``
    counts the wakeups of each wakeup source.
    """

    boot_id: str
    boottime: float
    monotonic: float
    sources: t.Mapping[str, int]

    @property
    def gap(self) -> float:
        """Seconds that this boot was asleep so far, s2idle on some machines not counted."""
        return self.boottime - self.monotonic


def boot_id(machine: Machine) -> str:
    """The id of this boot."""
    return machine.read(_BOOT_ID).strip()


def snapshot(machine: Machine) -> Snapshot:
    """Read the clocks and the wakeup sources of the machine that this runs on."""
    monotonic = time.clock_gettime(time.CLOCK_MONOTONIC)
    boottime = time.clock_gettime(time.CLOCK_BOOTTIME)
    return Snapshot(boot_id(machine), boottime, monotonic, _sources(machine))


def _sources(machine: Machine) -> dict[str, int]:
    found: dict[str, int] = {}
    for name in _listed(machine, _SOURCES):
        try:
            label = machine.read(f"{_SOURCES}/{name}/name").strip()
            found[label] = found.get(label, 0) + int(machine.read(f"{_SOURCES}/{name}/wakeup_count"))
        except (OSError, ValueError):
            continue
    return found


def _listed(machine: Machine, path: str) -> list[str]:
    try:
        return machine.listdir(path)
    except OSError:
        return []


@dataclass(frozen=True)
class Slept:
    """What came of an entry.

    ``asleep`` is seconds, ``word`` one of slept, woke_early, aborted_at_entry, never_slept.
    """

    word: str
    asleep: float
    why: str = ""


def judge(
    before: Snapshot, after: Snapshot, *, idle: float, left: float | None, alarm_fired: bool, error: str
) -> Slept:
    """Judge one entry on the machine itself, within one boot.

    :param idle: seconds of s2idle by the kernel's own log, where it logged its begin and its end; else 0.
    :param left: seconds that were left until the alarm when it was awake again; None without an alarm.
    :param alarm_fired: the alarm was due when it was awake again.
    :param error: what the backend said, empty when it told of no failure.
    """
    asleep = max(after.gap - before.gap, idle if idle >= IDLED else 0.0)
    if asleep < SLEPT:
        if idle >= SLEPT and not error:
            return Slept("aborted_at_entry", 0.0, f"it left suspend-to-idle after {idle:.1f} s at the most")
        word = "aborted_at_entry" if _is_abort(error) else "never_slept"
        return Slept(
            word, 0.0, error or "the clocks show no sleep: CLOCK_BOOTTIME and CLOCK_MONOTONIC went alike"
        )
    if left is not None and not alarm_fired and left > EARLY:
        return Slept("woke_early", asleep, f"it woke {left:.0f} s before its alarm")
    return Slept("slept", asleep)


def _is_abort(error: str) -> bool:
    """The kernel gave up an entry because of an event (EBUSY, EAGAIN; Documentation/power/ and PM core)."""
    return any(word in error.lower() for word in ("busy", "resource temporarily unavailable", "moved"))


def kernel_log(machine: Machine) -> str:
    """The end of the kernel's log; empty where it cannot be read."""
    try:
        return machine.run(["sh", "-c", "dmesg | tail -n 500"]).out
    except OSError:
        return ""


def last_stamp(log: str) -> float:
    """The stamp of its last line that has one (s); 0 without any."""
    return next((stamp for stamp in map(_stamp, reversed(log.splitlines())) if stamp is not None), 0.0)


def idle_seconds(log: str, since: float) -> float:
    """Seconds of the last s2idle in a kernel log with stamps in front (dmesg); 0 without its entry and its exit.

    They count from when the processes stood still (kernel/power/process.c) until they were let go, so the suspending
    of devices is in it. CLOCK_MONOTONIC, and with it the stamps, runs on during s2idle where the platform does not
    stop its clock.

    :param since: the stamp of the last line before the entry.
    """
    entry: float | None = None
    thawed: float | None = None
    seconds = 0.0
    for line in log.splitlines():
        stamp = _stamp(line)
        if stamp is None or stamp <= since:
            continue
        if "PM: suspend entry (s2idle)" in line:
            entry, thawed = stamp, None
        elif entry is not None and "Freezing remaining freezable tasks" in line:
            entry = stamp
        elif (
            entry is not None
            and thawed is None
            and line.endswith(("OOM killer enabled.", "Restarting tasks ..."))
        ):
            thawed = stamp
        elif "PM: suspend exit" in line and entry is not None:
            seconds, entry = (stamp if thawed is None else thawed) - entry, None
    return seconds


def _stamp(line: str) -> float | None:
    text = line.partition("[")[2].partition("]")[0]
    try:
        return float(text)
    except ValueError:
        return None
