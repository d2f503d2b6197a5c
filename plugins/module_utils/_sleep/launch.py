"""Start the process of a planned sleep so that it outlives the connection: a systemd unit, or a detached process."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import importlib.util
import os
import sys
import typing as t

from . import sleeper
from .entry import DROP_IN
from .machine import Machine

#: A fixed name: systemd itself refuses a second one.
UNIT: t.Final = "hostpm-power-suspend"

#: Its alarm must not end before the sleep that it is for, neither by want of memory nor by systemctl stop.
_NEVER_FOR_MEMORY: t.Final = "-1000"

#: What systemd before 240 says, as that of RHEL 8: it does not wait until the program runs.
_UNKNOWN_TYPE: t.Final = "Invalid Type setting"

_RUN: t.Final = """import sys
sys.path.insert(0, sys.argv[1])
from sleeping.sleeper import main
main(sys.argv[1])
"""


class NotStarted(Exception):
    """The process could not be started; the text says why."""


def start(host: Machine, folder: str) -> str:
    """Copy the code below ``folder``, start it there, and return how: ``unit NAME`` or ``process``.

    :raises NotStarted: it does not run.
    :raises OSError: the code cannot be written.
    """
    package = os.path.join(folder, "sleeping")
    os.makedirs(package, mode=0o700)
    _write(os.path.join(package, "__init__.py"), "")
    for name in _parts():
        _write(os.path.join(package, name.rpartition(".")[2] + ".py"), _source(name))
    _write(os.path.join(folder, "run.py"), _RUN)
    command = [sys.executable, "-I", "-B", os.path.join(folder, "run.py"), folder]
    if host.exists("/run/systemd/system"):
        return _as_unit(host, command)
    _detached(command)
    return "process"


def _as_unit(host: Machine, command: t.Sequence[str]) -> str:
    properties = {
        "KillMode": "mixed",
        "TimeoutStopSec": "300",
        "OOMScoreAdjust": _NEVER_FOR_MEMORY,
        "ExecStopPost": f"-/bin/rm -f {DROP_IN}",
    }
    given = [f"--property={name}={value}" for name, value in properties.items()]
    unit = ["systemd-run", "--quiet", "--collect", f"--unit={UNIT}"]
    ran = host.run([*unit, "--service-type=exec", *given, "--", *command])
    if ran.rc and _UNKNOWN_TYPE in ran.err:
        ran = host.run([*unit, *given, "--", *command])
    if ran.rc:
        raise NotStarted(f"systemd-run: {(ran.err or ran.out).strip()}")
    return f"unit {UNIT}.service"


def _detached(command: t.Sequence[str]) -> None:
    """Have a child start it and end, so that it belongs to init, and to no session that a connection may end."""
    child = os.fork()
    if not child:
        _leave_running(command)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code:
        raise NotStarted(f"{command[0]}: {os.strerror(code)}")


def _leave_running(command: t.Sequence[str]) -> t.NoReturn:
    code = errno.ECHILD
    try:
        with contextlib.suppress(OSError):
            _write("/proc/self/oom_score_adj", _NEVER_FOR_MEMORY)
        failed, tells = os.pipe()
        if not os.fork():
            _become(command, tells)
        os.close(tells)
        code = int.from_bytes(os.read(failed, 4), "big")  # nothing comes where it was started
    except OSError as exc:
        code = exc.errno or code
    finally:
        os._exit(code)  # whatever went wrong: this copy of the module must not go on with its work


def _become(command: t.Sequence[str], tells: int) -> t.NoReturn:
    try:
        os.setsid()
        os.chdir("/")
        null = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(null, number)
        for name in os.listdir("/proc/self/fd"):
            with contextlib.suppress(OSError):  # the one by which they were listed
                os.set_inheritable(int(name), int(name) <= 2)
        os.execv(command[0], list(command))
    except OSError as exc:
        os.write(tells, (exc.errno or errno.ECHILD).to_bytes(4, "big"))
    finally:
        os._exit(1)


def _parts() -> list[str]:
    """The modules that the process needs, all of which are loaded here: a module's own code is deleted when it ends."""
    package = sleeper.__name__.rpartition(".")[0] + "."
    return [name for name in sys.modules if name.startswith(package)]


def _source(name: str) -> str:
    spec = importlib.util.find_spec(name)
    loader: t.Any = spec.loader if spec else None
    text = loader.get_source(name) if loader else None
    if text is None:
        raise NotStarted(f"the code of {name} is not to be had")
    # ansible-core's own loader gives bytes
    return text.decode() if isinstance(text, bytes) else str(text)


def _write(path: str, text: str) -> None:
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
