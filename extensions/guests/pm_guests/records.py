"""The state file of a lab: which processes are its own, so that nothing else is ever ended."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import signal
import time
import typing as t
from dataclasses import dataclass

PROC = pathlib.Path("/proc")
GRACE = 10.0


@dataclass(frozen=True)
class Process:
    """A process that cannot be mistaken for a later one with its number: ``start`` is in clock ticks since boot."""

    what: str
    pid: int
    start: int

    @classmethod
    def of(cls, what: str, pid: int, proc: pathlib.Path = PROC) -> Process | None:
        """The process that has this number now; None when there is none."""
        start = _start_of(pid, proc)
        return None if start is None else cls(what, pid, start)

    def alive(self, proc: pathlib.Path = PROC) -> bool:
        return _start_of(self.pid, proc) == self.start

    def end(self, number: int, grace: float = GRACE) -> bool:
        """Send a signal and wait for the end; whether it came in time."""
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        until = time.monotonic() + grace
        while self.alive():
            if time.monotonic() > until:
                return False
            time.sleep(0.02)
        return True

    def end_surely(self) -> None:
        if not self.end(signal.SIGTERM):
            self.end(signal.SIGKILL)


def _start_of(pid: int, proc: pathlib.Path) -> int | None:
    """Field 22 of /proc/PID/stat; None for a process that has ended, reaped or not."""
    try:
        text = (proc / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


class Records:
    """The state file. Each change is written at once and whole: whoever reads it never sees half of one."""

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path

    def read(self) -> dict[str, t.Any]:
        """What it holds; empty when there is no lab."""
        try:
            kept: dict[str, t.Any] = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return kept

    def change(self, **values: t.Any) -> None:
        """Set keys."""
        fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        fresh.write_text(json.dumps({**self.read(), **values}, indent=1), encoding="utf-8")
        fresh.replace(self._path)

    def processes(self) -> list[Process]:
        """Those that were recorded and still run, the supervisor first."""
        kept = [Process(**one) for one in self.read().get("processes", [])]
        return [one for one in kept if one.alive()]

    def supervisor(self) -> Process | None:
        return next((one for one in self.processes() if one.what == "supervisor"), None)

    def record(self, processes: t.Iterable[Process]) -> None:
        self.change(processes=[vars(one) for one in processes])
