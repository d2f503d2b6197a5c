"""The real-time clocks of a machine: which one to wake by, and what it can do. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from dataclasses import dataclass

from .answer import NONE, PROBE_FAILED, ProbeFailed, listed, read, read_or, run, shown, whole
from .machine import Machine

_CLASS: t.Final = "/sys/class/rtc"


@dataclass(frozen=True)
class Rtc:
    """One clock, as it was when it was looked at.

    ``name`` is rtc0, ``driver`` what the kernel calls its kind. ``has_alarm``: it takes alarms that can wake the
    machine (its wakealarm exists). ``wakeup`` is its power/wakeup: enabled, disabled or absent. ``since_epoch`` is the
    clock's own time in seconds, ``alarm`` the pending one in the same terms, None without one. ``clock`` says what
    that time is: utc, local or unknown.
    """

    name: str
    driver: str
    has_alarm: bool
    wakeup: str
    since_epoch: int
    alarm: int | None
    clock: str

    @property
    def folder(self) -> str:
        return f"{_CLASS}/{self.name}"


class NoRtc(str):
    """Why there is no clock to work with; ``state`` is the word of pm_capabilities for it, none or probe_failed."""

    state: str

    def __new__(cls, state: str, why: str) -> NoRtc:
        one = super().__new__(cls, why)
        one.state = state
        return one


def find_rtc(machine: Machine, device: str | None = None) -> Rtc | NoRtc:
    """The clock to wake by: one with an alarm before one without, then the one that set the system's time, then rtc0.

    :param device: rtc1 or /dev/rtc1, to take that one.
    """
    try:
        names = listed(machine, _CLASS)
    except ProbeFailed as exc:
        return NoRtc(PROBE_FAILED, str(exc))
    if device is not None:
        wanted = device.rpartition("/")[2]
        if wanted not in names:
            known = ", ".join(names) or "none"
            return NoRtc(NONE, f"there is no clock {wanted} in {_CLASS} (known: {known})")
        return _look(machine, wanted)
    if not names:
        return NoRtc(NONE, f"the kernel knows no real-time clock: {_CLASS} is missing or empty")
    looked = [_look(machine, name) for name in names]
    found = [one for one in looked if isinstance(one, Rtc)]
    if not found:
        return looked[0]
    return min(found, key=lambda rtc: (not rtc.has_alarm, not _set_the_time(machine, rtc), rtc.name))


def wakeup_of(machine: Machine, device: str) -> str:
    """Whether a device may wake the machine, by its power/wakeup: enabled, disabled, or absent: it cannot.

    :param device: its folder in sysfs.
    :raises ProbeFailed: it cannot be read.
    """
    path = f"{device}/power/wakeup"
    word = read_or(machine, path)
    if word not in ("", "enabled", "disabled"):
        raise ProbeFailed(f"{path} holds neither enabled nor disabled: {shown(word)}")
    return word or "absent"


def pending_alarm(machine: Machine, folder: str) -> int | None:
    """The alarm that is set; an empty file is none (drivers/rtc/sysfs.c).

    :raises ProbeFailed: it cannot be read.
    """
    path = f"{folder}/wakealarm"
    text = read_or(machine, path)
    return whole(text, path) if text else None


def time_of(machine: Machine, folder: str) -> int:
    """The clock's own time in seconds since the epoch.

    :raises ProbeFailed: it cannot be read. A clock that was never set has none.
    """
    path = f"{folder}/since_epoch"
    try:
        return whole(read(machine, path), path)
    except FileNotFoundError as exc:
        raise ProbeFailed(f"{path} is missing") from exc
    except ProbeFailed as exc:
        raise ProbeFailed(f"{exc}. If the clock was never set, set it: hwclock --systohc") from exc


def _look(machine: Machine, name: str) -> Rtc | NoRtc:
    folder = f"{_CLASS}/{name}"
    has_alarm = machine.exists(f"{folder}/wakealarm")
    try:
        return Rtc(
            name=name,
            driver=read_or(machine, f"{folder}/name"),
            has_alarm=has_alarm,
            wakeup=wakeup_of(machine, f"{folder}/device"),
            since_epoch=time_of(machine, folder),
            alarm=pending_alarm(machine, folder) if has_alarm else None,
            clock=_utc_or_local(machine),
        )
    except ProbeFailed as exc:
        return NoRtc(PROBE_FAILED, f"{name}: {exc}")


def _set_the_time(machine: Machine, rtc: Rtc) -> bool:
    try:
        return read_or(machine, f"{rtc.folder}/hctosys") == "1"
    except ProbeFailed:
        return False


def _utc_or_local(machine: Machine) -> str:
    """The third line of /etc/adjtime (hwclock(8)), else what systemd-timedated says."""
    try:
        lines = read_or(machine, "/etc/adjtime").splitlines()
    except ProbeFailed:
        lines = []
    if len(lines) > 2 and lines[2].strip() in ("UTC", "LOCAL"):
        return lines[2].strip().lower()
    try:
        ran = run(machine, "timedatectl", "show", "-p", "LocalRTC", "--value")
    except (FileNotFoundError, ProbeFailed):
        return "unknown"
    return {"yes": "local", "no": "utc"}.get(ran.out.strip(), "unknown") if ran.rc == 0 else "unknown"
