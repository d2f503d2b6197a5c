"""The machine that is looked at: its files and programs; this one, or a recording of another."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import tempfile
import time
import typing as t
from dataclasses import dataclass

#: Where programs are looked for: users' paths lack the sbin folders.
PATH: t.Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

#: linux/time.h: counts while the machine sleeps, and wakes it through the RTC.
CLOCK_BOOTTIME_ALARM: t.Final = 9

#: The most that is read of one file (bytes); what is read here is far smaller.
_MOST: t.Final = 1 << 20


@dataclass(frozen=True)
class Ran:
    """How a program ended and what it said."""

    rc: int
    out: str
    err: str


class Machine(t.Protocol):
    """All that probing, alarms and sleep need of a machine; a byte that is no UTF-8 is read as U+FFFD."""

    @property
    def uid(self) -> int:
        """The user that looks; 0 is root."""
        raise NotImplementedError

    @property
    def has_alarm_clock(self) -> bool:
        """Whether the kernel has a clock that wakes the machine when a timer of CLOCK_BOOTTIME_ALARM is due."""
        raise NotImplementedError

    def read(self, path: str) -> str:
        """The text of a file.

        :raises OSError: as the kernel says it.
        """
        raise NotImplementedError

    def write(self, path: str, text: str) -> None:
        """Write a file that exists, in one system call, as files of the kernel need it.

        :raises OSError: as the kernel says it.
        """
        raise NotImplementedError

    def listdir(self, path: str) -> list[str]:
        """The names in a folder, sorted.

        :raises OSError: as the kernel says it.
        """
        raise NotImplementedError

    def readlink(self, path: str) -> str:
        """Where a link points to, as it is written in the link.

        :raises OSError: as the kernel says it; EINVAL where it is no link.
        """
        raise NotImplementedError

    def exists(self, path: str) -> bool:
        """Whether the path leads to something."""
        raise NotImplementedError

    def run(self, argv: t.Sequence[str], timeout: float = 10.0) -> Ran:
        """Run a program without a shell, with LC_ALL=C and nothing else but PATH in its environment.

        :param timeout: seconds; then it is killed with all that it started.
        :raises FileNotFoundError: there is no such program.
        :raises TimeoutError: it took longer.
        :raises OSError: it could not be started.
        """
        raise NotImplementedError


class LocalMachine:
    """The machine that this runs on."""

    @property
    def uid(self) -> int:
        return os.geteuid()

    @property
    def has_alarm_clock(self) -> bool:
        try:
            time.clock_getres(CLOCK_BOOTTIME_ALARM)
        except OSError:
            return False
        return True

    def read(self, path: str) -> str:
        with open(path, "rb") as stream:
            return stream.read(_MOST).decode("utf-8", "replace")

    def write(self, path: str, text: str) -> None:
        number = os.open(path, os.O_WRONLY | os.O_TRUNC | os.O_CLOEXEC)
        try:
            os.write(number, text.encode())
        finally:
            os.close(number)

    def listdir(self, path: str) -> list[str]:
        return sorted(os.listdir(path))

    def readlink(self, path: str) -> str:
        return os.readlink(path)

    def exists(self, path: str) -> bool:
        return os.path.exists(path)

    def run(self, argv: t.Sequence[str], timeout: float = 10.0) -> Ran:
        program = shutil.which(argv[0], path=PATH)
        if program is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
        return asyncio.run(_run(program, argv, timeout))


async def _run(program: str, argv: t.Sequence[str], timeout: float) -> Ran:
    # Files, not pipes: it is over when the program is, whatever else holds its output open.
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = await asyncio.create_subprocess_exec(
            program,
            *argv[1:],
            stdin=asyncio.subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={"PATH": PATH, "LC_ALL": "C"},
            cwd="/",
            start_new_session=True,  # so that what it started can be killed with it
        )
        try:
            rc = await asyncio.wait_for(process.wait(), timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(errno.ETIMEDOUT, f"no answer in {timeout:g} s", argv[0]) from None
        finally:  # also on a signal that raises: nothing may be left behind
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        return Ran(rc, *(_text_of(stream) for stream in (out, err)))


def _text_of(stream: t.IO[bytes]) -> str:
    stream.seek(0)
    return stream.read(_MOST).decode("utf-8", "replace")


class RecordedMachine:
    """A machine as it was recorded; what is written to its files stays in memory.

    :param data: ``uid``; ``alarm_clock``, by default true; ``files`` {path: text}, ``links`` {path: target},
        ``folders`` {path: names}, ``exists`` {path: bool}; ``commands``, a list of {argv,
        rc, out, err}. In place of a text, a target or names, and beside an argv, {"error": "EACCES"} is what the kernel
        said. Folders and existence that are not recorded follow from the other paths.
    """

    def __init__(self, data: t.Mapping[str, t.Any]) -> None:
        self._uid = int(data.get("uid", 0))
        self.alarm_clock = bool(data.get("alarm_clock", True))
        self.files: dict[str, t.Any] = dict(data.get("files", {}))
        self.links: dict[str, t.Any] = dict(data.get("links", {}))
        self.folders: dict[str, t.Any] = dict(data.get("folders", {}))
        self.known: dict[str, bool] = dict(data.get("exists", {}))
        self.commands: list[t.Any] = list(data.get("commands", []))
        #: Every write, in order: path and text.
        self.written: list[tuple[str, str]] = []

    @property
    def uid(self) -> int:
        return self._uid

    @property
    def has_alarm_clock(self) -> bool:
        return self.alarm_clock

    def read(self, path: str) -> str:
        return str(_told(self.files.get(path), path))

    def write(self, path: str, text: str) -> None:
        _told(self.files.get(path), path)
        self.written.append((path, text))
        self.files[path] = text

    def listdir(self, path: str) -> list[str]:
        names = self.folders.get(path)
        return sorted(_told(names if names is not None else self._below(path) or None, path))

    def readlink(self, path: str) -> str:
        if path not in self.links and self.exists(path):
            raise _error("EINVAL", path)
        return str(_told(self.links.get(path), path))

    def exists(self, path: str) -> bool:
        if path in self.known:
            return self.known[path]
        told = [place[path] for place in (self.files, self.links, self.folders) if path in place]
        return any(not _is_error(one) or one["error"] != "ENOENT" for one in told) or bool(self._below(path))

    def run(self, argv: t.Sequence[str], timeout: float = 10.0) -> Ran:
        for command in self.commands:
            if list(command["argv"]) == list(argv):
                if _is_error(command):
                    raise _error(command["error"], argv[0])
                return Ran(command.get("rc", 0), command.get("out", ""), command.get("err", ""))
        raise _error("ENOENT", argv[0])

    def _below(self, path: str) -> set[str]:
        start = path.rstrip("/") + "/"
        paths = [*self.files, *self.links, *self.folders]
        return {one[len(start) :].split("/")[0] for one in paths if one.startswith(start)}


def _is_error(told: t.Any) -> bool:
    return isinstance(told, dict) and "error" in told


def _told(told: t.Any, path: str) -> t.Any:
    if told is None or _is_error(told):
        raise _error(told["error"] if told else "ENOENT", path)
    return told


def _error(name: str, path: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number), path)  # Python makes it FileNotFoundError, TimeoutError, ...
