"""The way into sleep: systemd, pm-utils or sysfs, each until the machine is back or has refused."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import signal
import time
import typing as t

from .answer import chosen
from .backends import LOGIND
from .machine import Machine

MODES: t.Final = ("mem", "disk", "hybrid", "freeze")

#: Seconds awake that an entry and its return may take; time asleep does not count.
LIMIT: t.Final = 120.0

_POLL: t.Final = 0.1
#: Settings of this boot, after all others.
DROP_IN: t.Final = "/run/systemd/sleep.conf.d/zz-hostpm.power.conf"
_COUNT: t.Final = "/sys/power/wakeup_count"
_SYSTEMD: t.Final = {"mem": "suspend", "freeze": "suspend", "disk": "hibernate", "hybrid": "hybrid-sleep"}
_PM_UTILS: t.Final = {"mem": "pm-suspend", "disk": "pm-hibernate", "hybrid": "pm-suspend-hybrid"}


def read_count(machine: Machine, limit: float = 5.0) -> str:
    """The count of wakeup events; empty where the kernel has none.

    Reading waits while an event is being handled (Documentation/ABI/testing/sysfs-power), so it is bounded.

    :raises TimeoutError: an event is still being handled.
    """
    with _bounded(limit):
        try:
            return machine.read(_COUNT).strip()
        except FileNotFoundError:
            return ""


def confirm_count(machine: Machine, count: str) -> str:
    """Have the kernel abort the next entry at any event since ``count`` was read; why not, or empty."""
    if not count:
        return ""
    try:
        machine.write(_COUNT, count)
    except OSError:
        return "the count of wakeup events moved: something woke the machine while it was going to sleep"
    return ""


def forget_count(machine: Machine, count: str) -> None:
    """Take back what ``confirm_count`` asked for, or the next sleep by anybody would be aborted by an old event.

    A count that is not the present one does that, and is refused (kernel/power/main.c, wakeup_count_store).
    """
    if count.isdigit():
        with contextlib.suppress(OSError):
            machine.write(_COUNT, str(int(count) - 1 if int(count) else 2**32 - 1))


def enter(machine: Machine, backend: str, mode: str, *, force: bool = False) -> str:
    """Sleep in this mode; return when it is over: what the backend said of a failure, else the empty string.

    It does not return while systemd is still on its way into sleep, whatever fails meanwhile: the caller's alarm must
    be there then.

    :param backend: systemd, pm_utils or sysfs.
    :param force: also while somebody inhibits it.
    :raises OSError: the backend cannot be run.
    """
    if backend == "systemd":
        return _systemd(machine, mode, force)
    return _pm_utils(machine, mode) if backend == "pm_utils" else _sysfs(machine, mode)


def left_behind() -> None:
    """Remove the settings of a sleep whose process was killed."""
    with contextlib.suppress(OSError):
        os.unlink(DROP_IN)


def _systemd(machine: Machine, mode: str, force: bool) -> str:
    verb = _SYSTEMD[mode]
    with _no_other_state(mode):
        # asynchronous: it returns before the sleep begins
        error = _systemctl(machine, verb, force)
        while _preparing(machine) or _under_way(machine, f"systemd-{verb}.service"):
            time.sleep(_POLL)
    return error or _failure(machine, f"systemd-{verb}.service")


@contextlib.contextmanager
def _no_other_state(mode: str) -> t.Iterator[None]:
    """Have systemd try this state alone (systemd-sleep.conf(5)).

    When the kernel breaks off mem, as it does when the alarm is due, systemd goes on to freeze: past the alarm, with
    nothing left to wake it.
    """
    state = {"mem": "mem", "freeze": "freeze"}.get(mode)
    if state is None:
        yield
        return
    os.makedirs(os.path.dirname(DROP_IN), exist_ok=True)
    with open(DROP_IN, "w", encoding="ascii") as stream:
        stream.write(f"[Sleep]\nSuspendState={state}\n")
    try:
        yield
    finally:
        os.unlink(DROP_IN)


def _systemctl(machine: Machine, verb: str, force: bool) -> str:
    inhibitors = f"--check-inhibitors={'no' if force else 'yes'}"
    try:
        ran = machine.run(["systemctl", inhibitors, verb], timeout=LIMIT)
        if ran.rc and "unrecognized option" in ran.err:  # before systemd 248; they were looked at before
            ran = machine.run(["systemctl", verb], timeout=LIMIT)
    except TimeoutError as exc:
        return f"systemctl {verb}: {exc}"
    return (_last_line(ran.err or ran.out) or f"systemctl {verb}: exit code {ran.rc}") if ran.rc else ""


def _failure(machine: Machine, unit: str) -> str:
    """What the journal says of a unit that has failed; empty when it has not, or nothing can be told."""
    try:
        if machine.run(["systemctl", "is-failed", "--quiet", unit]).rc:
            return ""
        lines = machine.run(["journalctl", "-q", "-o", "cat", "-n", "20", "-u", unit]).out.splitlines()
    except OSError:
        return ""
    told = [line for line in lines if "to sleep" in line] or lines
    return f"{unit} failed: {' / '.join(told[-3:])}"


def _preparing(machine: Machine) -> bool:
    """Whether logind is on its way into sleep or out of it (org.freedesktop.login1(5), PreparingForSleep).

    Not known is not over: it may be about to sleep.
    """
    try:
        return machine.run(["busctl", "get-property", *LOGIND, "PreparingForSleep"]).out.strip() != "b false"
    except OSError:
        return True


def _under_way(machine: Machine, unit: str) -> bool:
    """Whether systemd itself is at it: logind knows nothing of a sleep that systemctl began without it.

    Not known is not over, as above.
    """
    try:
        ran = machine.run(["systemctl", "show", "--property=ActiveState", "--property=Job", unit])
    except OSError:
        return True
    told = dict(line.partition("=")[::2] for line in ran.out.splitlines())
    # a job that waits is shown by its number
    return told.get("ActiveState") in ("activating", "active", "deactivating") or told.get(
        "Job", "0"
    ) not in ("", "0")


def _pm_utils(machine: Machine, mode: str) -> str:
    program = _PM_UTILS[mode]
    ran = machine.run([program], timeout=LIMIT)
    return "" if ran.rc == 0 else _last_line(ran.err or ran.out) or f"{program} ended with exit code {ran.rc}"


def _sysfs(machine: Machine, mode: str) -> str:
    try:
        with contextlib.ExitStack() as restored:
            if mode == "hybrid":
                _choose(machine, "/sys/power/disk", "suspend", restored)
            elif mode == "mem" and machine.exists("/sys/power/mem_sleep"):
                _choose(machine, "/sys/power/mem_sleep", "deep", restored)
            machine.write("/sys/power/state", "disk" if mode == "hybrid" else mode)
    except OSError as exc:
        return f"the kernel refuses {mode}: {exc.strerror}"
    return ""


def _choose(machine: Machine, path: str, word: str, restored: contextlib.ExitStack) -> None:
    """Choose one of the words of a sysfs file, and the one that was chosen before afterwards."""
    before = chosen(machine.read(path))
    if before != word:
        machine.write(path, word)
        if before:
            restored.callback(machine.write, path, before)


def _last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


@contextlib.contextmanager
def _bounded(seconds: float) -> t.Iterator[None]:
    """End a blocking system call of the main thread after so many seconds."""

    def end(_number: int, _frame: t.Any) -> None:
        raise TimeoutError(f"nothing came within {seconds:.0f} s")

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
