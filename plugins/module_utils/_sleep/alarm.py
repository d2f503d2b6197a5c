"""The alarm that ends a sleep: timers of CLOCK_BOOTTIME_ALARM, gone with their process, or the RTC's own alarm."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import struct
import typing as t

from . import rtc
from .machine import CLOCK_BOOTTIME_ALARM, Machine
from .store import forget_alarm, note_alarm, noted_alarm

#: Seconds after an alarm at which it is repeated, for a machine that slept through it.
REPEATED: t.Final = (60.0, 600.0, 3600.0, 14400.0)

_EPOLLWAKEUP: t.Final = 1 << 29  # a name of select only from Python 3.14 on
_TFD_NONBLOCK: t.Final = 0o4000
_TFD_CLOEXEC: t.Final = 0o2000000


NO_ALARM_CLOCK: t.Final = (
    "the kernel has no clock for its alarms: it takes one at its start, and only one that may wake the machine then "
    "(power/wakeup). Boot it with that enabled, or bind the clock's driver again"
)


class NoAlarm(Exception):
    """No alarm could be set; the text says why and what to do."""


class Alarm(t.Protocol):
    """What ends the sleep by time."""

    def fired(self) -> bool:
        """Whether its moment has come."""
        raise NotImplementedError

    def close(self) -> None:
        """Disarm it."""
        raise NotImplementedError


class _TimeSpec(ctypes.Structure):
    _fields_: t.ClassVar = [("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long)]


class _TimerSpec(ctypes.Structure):
    _fields_: t.ClassVar = [("interval", _TimeSpec), ("value", _TimeSpec)]


class WakeTimer:
    """An alarm and its repetitions, held by open descriptors: a foreign wakealarm stays, and nothing outlives them.

    The kernel programs the RTC for the earliest of all alarms only while it goes to sleep (kernel/time/alarmtimer.c).
    An alarm that is due within about 2 s makes that entry fail with EBUSY. One that is due even before is a wakeup
    event, by which the kernel breaks off an entry whose wakeup_count was written (epoll_ctl(2), EPOLLWAKEUP). Should
    the machine sleep all the same, it is woken by a repetition.

    The kernel makes such a timer without a clock behind it too, but then it does not tell its resolution.

    :param seconds: from now, while awake or asleep.
    :raises NoAlarm: not root, or the kernel has no such timers, or no clock for them.
    """

    def __init__(self, machine: Machine, seconds: float) -> None:
        if not machine.has_alarm_clock:
            raise NoAlarm(NO_ALARM_CLOCK)
        self._event = select.epoll()
        self._timers: list[int] = []
        try:
            for later in (0.0, *REPEATED):
                self._timers.append(_timer(seconds + later))
                self._event.register(self._timers[-1], select.EPOLLIN | _EPOLLWAKEUP)
        except BaseException:
            self.close()
            raise

    def fired(self) -> bool:
        """Whether its moment has come."""
        try:
            return bool(struct.unpack("Q", os.read(self._timers[0], 8))[0])
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Disarm it."""
        self._event.close()
        while self._timers:
            os.close(self._timers.pop())


def _timer(seconds: float) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    number = int(libc.timerfd_create(CLOCK_BOOTTIME_ALARM, _TFD_NONBLOCK | _TFD_CLOEXEC))
    if number < 0:
        raise _refused(ctypes.get_errno())
    spec = _TimerSpec(value=_TimeSpec(int(seconds), int(seconds % 1 * 1e9)))
    if libc.timerfd_settime(number, 0, ctypes.byref(spec), None) < 0:
        why = ctypes.get_errno()
        os.close(number)
        raise _refused(why)
    return number


def _refused(number: int) -> NoAlarm:
    if number == errno.EPERM:
        return NoAlarm("a timer that wakes the machine needs CAP_WAKE_ALARM. Run it as root (become)")
    return NoAlarm(f"the kernel refuses a timer that wakes the machine: {os.strerror(number)}")


def remove_left_behind(machine: Machine) -> None:
    """Remove the alarm of the RTC that a sleep has left armed whose process is gone; never one that is not ours."""
    noted = noted_alarm()
    if noted is None:
        return
    clock = rtc.find_rtc(machine, noted[0])
    with contextlib.suppress(rtc.RtcError), rtc.undisturbed():
        if isinstance(clock, rtc.Rtc):
            rtc.disarm(machine, clock, noted[1])
        forget_alarm()


class WakeAlarm:
    """The RTC's own alarm, for modes in which no process lives on (S4).

    It is noted on the disk for as long as it is armed, so that one that was left behind is known as ours.

    :param seconds: from now.
    :raises NoAlarm: it cannot be armed; the text says why.
    """

    def __init__(self, machine: Machine, device: str, seconds: float) -> None:
        found = rtc.find_rtc(machine, device)
        if isinstance(found, rtc.NoRtc):
            raise NoAlarm(str(found))
        self._machine, self._rtc = machine, found
        try:
            with rtc.undisturbed():
                self._ours = rtc.arm(machine, found, int(seconds))
                self._note()
        except rtc.RtcError as exc:
            raise NoAlarm(str(exc)) from exc

    def _note(self) -> None:
        try:
            note_alarm(self._rtc.name, self._ours)
        except OSError as exc:
            rtc.disarm(self._machine, self._rtc, self._ours)
            raise NoAlarm(f"{self._rtc.name}: that its alarm is ours cannot be noted: {exc}") from exc

    def fired(self) -> bool:
        found = rtc.find_rtc(self._machine, self._rtc.name)
        return isinstance(found, rtc.Rtc) and found.since_epoch >= self._ours

    def close(self) -> None:
        with contextlib.suppress(rtc.RtcError):  # it is over, or the machine has lost its clock
            rtc.disarm(self._machine, self._rtc, self._ours)
            forget_alarm()
