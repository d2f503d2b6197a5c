"""Helpers of the tests of probing: recorded machines, changed ones, and a clock that behaves as the kernel's."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import copy
import errno
import json
import os
import typing as t
from pathlib import Path

from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine

MACHINES = Path(__file__).resolve().parent / "machines"
NAMES = sorted(path.stem for path in MACHINES.glob("*.json"))
LOGIND = (
    "busctl",
    "call",
    "org.freedesktop.login1",
    "/org/freedesktop/login1",
    "org.freedesktop.login1.Manager",
)
RTC = "/sys/class/rtc/rtc0"


def recording(name: str) -> dict[str, t.Any]:
    """A copy, to be changed."""
    return t.cast("dict[str, t.Any]", json.loads((MACHINES / f"{name}.json").read_text(encoding="utf-8")))


def machine(data: t.Mapping[str, t.Any] | None = None, /, **more: t.Any) -> RecordedMachine:
    """A machine of these files, links, folders and commands, added to those of ``data``; None takes one away."""
    made: dict[str, t.Any] = copy.deepcopy(dict(data or {}))
    for kind in ("files", "links", "folders", "exists"):
        made[kind] = {**made.get(kind, {}), **more.get(kind, {})}
        made[kind] = {path: content for path, content in made[kind].items() if content is not None}
    made["commands"] = [
        *more.get("commands", []),
        *made.get("commands", []),
    ]  # the first of equal ones counts
    made["uid"] = more.get("uid", made.get("uid", 0))
    return RecordedMachine(made)


def command(*argv: str, out: str = "", rc: int = 0, err: str = "") -> dict[str, t.Any]:
    return {"argv": list(argv), "out": out, "rc": rc, "err": err}


def logind(method: str, answer: str) -> dict[str, t.Any]:
    return command(*LOGIND, method, out=f's "{answer}"\n')


class ClockMachine(RecordedMachine):
    """A machine with one clock, whose alarm behaves as drivers/rtc/sysfs.c of the kernel does.

    ``limit``: the farthest alarm that its hardware holds (s). ``now`` stands still but for ``pace``, the seconds that
    pass with every look at it. ``wraps``: an alarm beyond the limit is kept, but comes too early.
    """

    def __init__(
        self, *, limit: int = 400 * 86_400, pace: int = 0, wraps: bool = False, uid: int = 0
    ) -> None:
        files = {
            f"{RTC}/wakealarm": "",
            f"{RTC}/device/power/wakeup": "enabled\n",
            f"{RTC}/name": "rtc_cmos\n",
        }
        super().__init__({"uid": uid, "files": files, "folders": {"/sys/class/rtc": ["rtc0"]}})
        self.now, self.limit, self.pace, self.wraps = 1_767_225_600, limit, pace, wraps
        self.alarm: int | None = None
        self.write_error = 0
        self.lost = False

    def read(self, path: str) -> str:
        self.now += self.pace
        if path == f"{RTC}/since_epoch":
            self.files[path] = f"{self.now}\n"
        if path == f"{RTC}/wakealarm":
            if self.alarm is not None and self.alarm <= self.now:
                self.alarm = None
            self.files[path] = "" if self.alarm is None or self.lost else f"{self.alarm}\n"
        return super().read(path)

    def write(self, path: str, text: str) -> None:
        assert path == f"{RTC}/wakealarm", path
        self.written.append((path, text))
        if self.write_error:
            raise OSError(self.write_error, os.strerror(self.write_error), path)
        moment = self.now + int(text[1:]) if text.startswith("+") else int(text)
        if moment <= self.now:
            self.alarm = None
            return
        if self.alarm is not None:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), path)
        if moment - self.now > self.limit:
            if not self.wraps:
                raise OSError(errno.EDOM, os.strerror(errno.EDOM), path)
            moment -= self.limit
        self.alarm = moment
