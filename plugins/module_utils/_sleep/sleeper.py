"""The process that takes the machine down and is there when it is back: waits, checks, arms, enters, proves."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import math
import signal
import threading
import time
import typing as t

from . import entry, relied
from .alarm import Alarm, NoAlarm, WakeAlarm, WakeTimer
from .duration import check_duration
from .guards import busy, objections
from .job import COMMITTED, DONE, ENTERING, Job, Plan, armed_as, not_only_magic, way_back
from .machine import LocalMachine, Machine
from .proof import (
    EARLY,
    Slept,
    Snapshot,
    boot_id,
    idle_seconds,
    judge,
    kernel_log,
    last_stamp,
    snapshot,
)
from .store import WayBack, drop, find, keep, load
from .waker import waker
from .watch import BootClock, Clock, Watch
from .ways import Refused, able, ways_back
from .wol import arm_again

#: Awake so long after its alarm (s), a machine may still have been woken by it. One that was off has its firmware and
#: the boot before that; but then the controller calls it not back, and somebody may switch it on.
LATE: t.Final = {"mem": 10.0, "freeze": 10.0, "disk": 180.0, "hybrid": 180.0}

#: Awake later than this (s) it was woken by something else, whatever its firmware does.
FAILED: t.Final = {"mem": 10.0, "freeze": 10.0, "disk": 900.0, "hybrid": 900.0}

#: The RTC counts whole seconds, so it may wake the machine up to one before the timer that it was set for is due (s).
_WHOLE: t.Final = 1.0

_LOOK: t.Final = 0.1


def make_alarm(machine: Machine, plan: Plan, seconds: float) -> Alarm:
    """Arm the way back by time.

    :raises NoAlarm: it cannot be armed; the text says why.
    """
    if plan.mode in ("disk", "hybrid"):
        return WakeAlarm(machine, plan.rtc, seconds)
    return WakeTimer(machine, seconds)


class Sleeper:
    """Carries out one planned job; every way out disarms its own alarm and says how it ended."""

    def __init__(
        self,
        machine: Machine,
        job: Job,
        plan: Plan,
        *,
        clock: Clock,
        alarm: t.Callable[[Machine, Plan, float], Alarm] = make_alarm,
        enter: t.Callable[..., str] = entry.enter,
        look: t.Callable[[Machine], Snapshot] = snapshot,
        known: t.Callable[[], t.Sequence[WayBack]] = load,
        remember: t.Callable[[WayBack], None] = keep,
        forget: t.Callable[[str, str, str, str], object] = drop,
        rely: t.Callable[[Plan, float], None] = relied.note,
        relied_no_more: t.Callable[[], None] = relied.forget,
        told_to_stop: t.Callable[[], bool] = lambda: False,
    ) -> None:
        self._machine, self._job, self._plan, self._clock = machine, job, plan, clock
        self._make_alarm, self._backend, self._look = alarm, enter, look
        self._known, self._keep, self._forget = known, remember, forget
        self._rely, self._relied = rely, relied_no_more
        self._told_to_stop = told_to_stop

    def run(self) -> dict[str, t.Any]:
        """Wait for the commit and the moment, sleep, and return the end of the job as it was left on disk too."""
        try:
            result = self._wait() or self._sleep()
        except Exception as exc:  # whatever it is, nobody else will tell it
            result = _ended("never_slept", f"the process of the sleep failed: {type(exc).__name__}: {exc}")
        self._job.set_state(DONE, **result)
        return result

    def _wait(self) -> dict[str, t.Any] | None:
        """Wait until the moment of the sleep; the end of the job when it is not to sleep."""
        plan, committed, until = self._plan, False, self._plan.void
        while True:
            called_off = self._called_off()
            if called_off:
                return called_off
            if not committed and self._job.asked("commit", plan.token):
                committed, until = True, self._clock.now() + plan.delay
                self._job.set_state(COMMITTED, moment=until)
            left = until - self._clock.now()
            if left <= 0:
                break
            self._clock.sleep(min(_LOOK, left))
        if committed:
            return None
        waited = plan.void - plan.prepared
        return _ended("cancelled", f"nobody committed it within {waited:.0f} s: whoever prepared it is gone")

    def _sleep(self) -> dict[str, t.Any]:
        machine, plan = self._machine, self._plan
        try:
            count = entry.read_count(machine)
        except TimeoutError as exc:
            return _ended("aborted_at_entry", f"a wakeup event is still being handled ({exc})")
        against = self._against() or self._called_off()
        if against:
            return against
        self._job.set_state(ENTERING, gap=self._look(machine).gap)
        alarm: Alarm | None = None
        try:
            if plan.duration is not None:
                self._rely(plan, time.time() + plan.duration)
                alarm = self._make_alarm(machine, plan, plan.duration)
            moved = entry.confirm_count(machine, count)
            if moved:
                return _ended("aborted_at_entry", moved)
            return self._called_off() or self._enter(alarm)
        except NoAlarm as exc:
            return _ended("refused_no_wake", str(exc))
        finally:
            entry.forget_count(machine, count)
            self._relied()
            if alarm:
                alarm.close()

    def _against(self) -> dict[str, t.Any] | None:
        """All that was checked when it was prepared, once more: much may change until its moment."""
        machine, plan = self._machine, self._plan
        against = [*objections(machine, plan.allow), *busy(machine, plan.busy_check, plan.allow)]
        if against:
            return _ended("refused_busy", "; ".join(one.why for one in against))
        try:
            able(machine, plan.mode, plan.backend, plan.allow)
            ways_back(machine, plan.wake, plan.card)
            if plan.duration is not None:
                worked = find(self._known(), plan.mode, "rtc", plan.kernel, plan.machine_id)
                check_duration(machine, plan.mode, plan.backend, plan.duration, worked)
        except Refused as exc:
            return _ended(exc.outcome, str(exc))
        return None

    def _called_off(self) -> dict[str, t.Any] | None:
        if self._job.asked("cancel", self._plan.token):
            return _ended("cancelled", "it was cancelled")
        if self._told_to_stop():
            return _ended("cancelled", "its process was told to stop, as by systemctl stop or a shutdown")
        return None

    def _enter(self, alarm: Alarm | None) -> dict[str, t.Any]:
        machine, plan = self._machine, self._plan
        logged = last_stamp(kernel_log(machine)) if plan.mode == "freeze" else 0.0
        before = self._look(machine)
        with Watch(self._clock) as watch:
            try:
                error = self._backend(machine, plan.backend, plan.mode, force="inhibitors" in plan.allow)
            except OSError as exc:
                error = f"{plan.backend} cannot be run: {exc}"
        after = self._look(machine)
        entering, awake = watch.around(before.boottime, after.boottime)
        due = math.inf if plan.duration is None else before.boottime + plan.duration
        late = LATE[plan.mode]
        in_sleep = before.boottime + entering < due and due - EARLY <= awake <= due + late
        fired = alarm is not None and in_sleep and (alarm.fired() or awake > due - _WHOLE)
        idle = idle_seconds(kernel_log(machine), logged) if plan.mode == "freeze" and not error else 0.0
        left = None if plan.duration is None else due - awake
        slept = judge(before, after, idle=idle, left=left, alarm_fired=fired, error=error)
        notes = arm_again(machine, armed_as(plan))
        result = _ended(slept.word, slept.why, asleep=round(slept.asleep, 2) if slept.asleep else None)
        if slept.asleep:
            woke = waker(machine, before, after, alarm_due=fired, cards=[plan.card_device])
            result.update(
                woken_by=woke.name,
                doubt=woke.doubt,
                entry=round(entering, 2),
                awake=awake,
                late=round(max(0.0, awake - due), 2) if fired or awake > due else None,
                resume=round(max(0.0, awake - before.boottime - entering - slept.asleep), 2),
            )
            notes += self._too_late(awake - due)
            notes += [woke.doubt] if woke.doubt else self._remember(slept, woke.name, entering)
        return {**result, "notes": notes}

    def _remember(self, slept: Slept, woken_by: str, entering: float) -> list[str]:
        """This way back worked: the next sleep may rely on it."""
        if woken_by == "wol" and (why := not_only_magic(self._plan)):
            return [why]
        if woken_by in ("rtc", "wol"):
            try:
                self._keep(way_back(self._plan, woken_by, slept.asleep, entering))
            except OSError as exc:
                return [f"that this way back worked could not be remembered: {exc}"]
        return []

    def _too_late(self, seconds: float) -> list[str]:
        """What is to be said of an alarm that was so long ago; one that did not work is no way back any more."""
        plan = self._plan
        if seconds <= LATE[plan.mode]:
            return []
        if seconds <= FAILED[plan.mode]:
            return [
                f"it was on {seconds:.0f} s after its alarm: that was its alarm and a slow start, or somebody's hand, "
                "so it does not count as a way back"
            ]
        notes = [
            f"it slept {seconds:.0f} s past its alarm, which did not wake it: this is no way back any more"
        ]
        try:
            self._forget(plan.mode, "rtc", plan.kernel, plan.machine_id)
        except OSError as exc:
            notes.append(f"that could not be written down, so do not rely on its alarm: {exc}")
        return notes


def _ended(outcome: str, why: str, **more: t.Any) -> dict[str, t.Any]:
    return {"outcome": outcome, "why": why, **more}


def main(folder: str) -> None:
    """Carry out the job in this folder, unless it was planned in another boot."""
    machine, job = LocalMachine(), Job(folder)
    plan = job.plan()
    if plan is None or plan.boot_id != boot_id(machine):
        return
    stopped = threading.Event()
    # A sleep that has begun is seen through: its alarm must not end before it.
    signal.signal(signal.SIGTERM, lambda _number, _frame: stopped.set())
    with job.carried_out():
        Sleeper(machine, job, plan, clock=BootClock(), told_to_stop=stopped.is_set).run()
