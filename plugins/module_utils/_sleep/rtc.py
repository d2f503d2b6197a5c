"""The alarm of the real-time clock: set, read back and removed, and never one that is not ours."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import signal
import typing as t
from dataclasses import dataclass

from .answer import ProbeFailed, reason
from .clock import NoRtc, Rtc, find_rtc, pending_alarm, time_of
from .machine import Machine

__all__ = (
    "FARTHEST",
    "AlarmTaken",
    "Longest",
    "NoRtc",
    "Rtc",
    "RtcError",
    "TooFar",
    "arm",
    "disarm",
    "find_rtc",
    "longest_alarm",
    "pending",
    "undisturbed",
)

#: What the kernel says to an alarm that the hardware cannot hold (drivers/rtc/rtc-cmos.c: EDOM; others EINVAL, ERANGE).
_TOO_FAR: t.Final = (errno.EDOM, errno.EINVAL, errno.ERANGE)

#: Alarms are tried up to this far ahead, and their limit is found to within a minute (s).
FARTHEST: t.Final = 366 * 86_400
_NEAREST: t.Final = 60


class RtcError(OSError):
    """The clock or its alarm cannot be read or set; the text names the clock and says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(errno.EIO, text)
        self.text = text

    def __str__(self) -> str:
        return self.text


class TooFar(RtcError):
    """The clock takes no alarm that far ahead."""


class AlarmTaken(RtcError):
    """An alarm that is not ours is pending: it is left alone."""

    def __init__(self, rtc: Rtc, alarm: int | None) -> None:
        when = "" if alarm is None else f" (at {alarm}, in the clock's own seconds since the epoch)"
        super().__init__(
            f"{rtc.name}: another alarm is pending{when}; it is left alone. Wait for it, or remove it: "
            f"echo 0 > {rtc.folder}/wakealarm"
        )
        self.alarm = alarm


@dataclass(frozen=True)
class Longest:
    """The farthest alarm that was taken (s); ``at_least``: no farther one was tried."""

    seconds: int
    at_least: bool


def pending(machine: Machine, rtc: Rtc) -> int | None:
    """The alarm that is set now, in the clock's own seconds since the epoch.

    :raises RtcError: it cannot be read.
    """
    try:
        return pending_alarm(machine, rtc.folder)
    except ProbeFailed as exc:
        raise RtcError(f"{rtc.name}: {exc}") from exc


def arm(machine: Machine, rtc: Rtc, seconds: int) -> int:
    """Set the alarm to so many seconds from the clock's own now; return its moment in the clock's own seconds.

    It is read back; one that was not kept as asked is removed again.

    :raises AlarmTaken: another one is pending; it stays.
    :raises TooFar: the clock takes none that far ahead.
    :raises RtcError: it has no alarm, this user may not set it, or what it tells makes no sense.
    """
    if not rtc.has_alarm:
        raise RtcError(
            f"{rtc.name}: it has no alarm that can wake the machine ({rtc.folder}/wakealarm is missing)"
        )
    taken = pending(machine, rtc)
    if taken is not None:
        raise AlarmTaken(rtc, taken)
    before = _now(machine, rtc)
    try:
        machine.write(f"{rtc.folder}/wakealarm", f"+{seconds}")
    except OSError as exc:
        raise _refused(machine, rtc, seconds, exc) from exc
    try:
        kept = pending(machine, rtc)
        after = _now(machine, rtc)
        if kept is None and after >= before + seconds:
            raise RtcError(
                f"{rtc.name}: its alarm in {seconds} s was due before it was read back. Ask for more"
            )
        if kept is None or not before + seconds <= kept <= after + seconds:
            told = "none" if kept is None else f"one in {kept - before} s"
            raise TooFar(f"{rtc.name}: took an alarm in {seconds} s, but tells of {told}. Ask for less")
    except BaseException:
        # The kernel refuses a second alarm, so this one is ours, whatever is told of it now.
        _clear(machine, rtc)
        raise
    return kept


def disarm(machine: Machine, rtc: Rtc, ours: int) -> bool:
    """Remove the alarm if it is still the one that ``arm`` returned; whether it was removed.

    :raises RtcError: it cannot be read or removed.
    """
    if pending(machine, rtc) != ours:
        return False
    _clear(machine, rtc)
    return True


def longest_alarm(machine: Machine, rtc: Rtc) -> Longest:
    """Find by trying how far ahead the clock takes alarms; nothing stays armed, also when the process is ended.

    Some take a day at most, some a month or a year (drivers/rtc/rtc-cmos.c, cmos_validate_alarm).

    :raises AlarmTaken: another alarm is pending, so nothing is tried.
    :raises RtcError: it takes no alarm at all.
    """

    def takes(seconds: int) -> bool:
        with undisturbed():
            try:
                disarm(machine, rtc, arm(machine, rtc, seconds))
            except TooFar:
                return False
        return True

    if takes(FARTHEST):
        return Longest(FARTHEST, at_least=True)
    if not takes(_NEAREST):
        raise TooFar(f"{rtc.name}: takes no alarm at all, not even one in {_NEAREST} s")
    low, high = _NEAREST, FARTHEST
    while high - low > _NEAREST:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) else (low, middle)
    return Longest(low, at_least=False)


@contextlib.contextmanager
def undisturbed() -> t.Iterator[None]:
    """Hold back the signals that end a process until an alarm on trial is disarmed again."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, (signal.SIGTERM, signal.SIGHUP, signal.SIGINT))
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _now(machine: Machine, rtc: Rtc) -> int:
    try:
        return time_of(machine, rtc.folder)
    except ProbeFailed as exc:
        raise RtcError(f"{rtc.name}: {exc}") from exc


def _clear(machine: Machine, rtc: Rtc) -> None:
    try:
        machine.write(f"{rtc.folder}/wakealarm", "0")
    except OSError as exc:
        said = reason(machine, exc, "remove its alarm")
        raise RtcError(f"{rtc.name}: {said}. Remove it: echo 0 > {rtc.folder}/wakealarm") from exc


def _refused(machine: Machine, rtc: Rtc, seconds: int, exc: OSError) -> RtcError:
    if exc.errno == errno.EBUSY:
        with contextlib.suppress(RtcError):
            return AlarmTaken(rtc, pending(machine, rtc))
        return AlarmTaken(rtc, None)
    if exc.errno in _TOO_FAR:
        return TooFar(f"{rtc.name}: takes no alarm in {seconds} s ({exc.strerror}). Ask for less")
    return RtcError(f"{rtc.name}: {reason(machine, exc, 'set its alarm')}")
