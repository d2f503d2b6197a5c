"""Run a command with a time limit and leave nothing of it running: guard.py SECONDS COMMAND [ARGUMENT ...]

Daemons that the command started (a BMC simulator, an ssh master) come back to this process, because it asks
to be their subreaper. At the end, at the limit and on SIGTERM whatever is left below it is named and ended,
by its number.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36
TIME_IS_UP = 124  # as timeout(1) says it
GRACE = 5.0


def descendants() -> dict[int, str]:
    """Return what runs below this process, number and command."""
    children: dict[int, list[int]] = {}
    names: dict[int, str] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            stat = (entry / "stat").read_text(errors="replace")
            words = (entry / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
        except OSError:  # it has just ended
            continue
        state, parent = stat.rpartition(")")[2].split()[:2]
        if state != "Z":
            names[int(entry.name)] = words or stat
        children.setdefault(int(parent), []).append(int(entry.name))
    found: dict[int, str] = {}
    waiting = [os.getpid()]
    while waiting:
        for pid in children.get(waiting.pop(), []):
            waiting.append(pid)
            if pid in names:
                found[pid] = names[pid]
    return found


def reap() -> None:
    """Take the exit status of everything that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def end_all(reason: str) -> None:
    """End what still runs: politely, then for certain."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        ending = time.monotonic() + GRACE
        for pid, words in descendants().items():
            print(f"guard: {reason}: {number.name} to {pid}: {words[:150]}", flush=True)
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        while descendants() and time.monotonic() < ending:
            reap()
            time.sleep(0.05)
    reap()


def stop(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def main() -> int:
    limit, command = float(sys.argv[1]), sys.argv[2:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # Set even where the shell has told its background jobs to ignore them.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    reason = "left running"
    # Descriptor 3 is the progress that a person reads.
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[3])
    try:
        return child.wait(limit)
    except subprocess.TimeoutExpired:
        reason = f"not done after {limit:.0f} s"
        return TIME_IS_UP
    except SystemExit:
        reason = "interrupted"
        raise
    finally:
        end_all(reason)


if __name__ == "__main__":
    sys.exit(main())
