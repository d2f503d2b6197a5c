"""Serving a rack until it is told to stop."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import os
import pathlib
import resource
import signal
import typing as t

from . import inventory
from .clock import LoopClock
from .control import Connection
from .journal import Journal
from .lab import Lab, LabError
from .rack import Rack

STDIN = 0
SPARE_FILES = 64  # open files beside the ports


async def serve(
    rack: Rack,
    inventory_path: str | None = None,
    timeline_path: str | None = None,
    control_path: str | None = None,
    exit_with_stdin: bool = False,
) -> None:
    """:raises LabError: nothing was started"""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    with contextlib.ExitStack() as stack:
        clock = LoopClock(loop)
        stream = stack.enter_context(_create(timeline_path)) if timeline_path else None
        lab = Lab(rack, clock, loop, Journal(clock, stream))
        _allow_files(len(rack.outlets) + sum(1 + len(host.feeds) for host in rack.hosts.values()))
        lab.open()
        stack.callback(lab.close)
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stopped.set)
        if exit_with_stdin:
            _watch_stdin(loop, stopped.set)
        try:
            if control_path:
                _forget(control_path)
                server = await loop.create_unix_server(lambda: Connection(lab, stopped.set), control_path)
                stack.callback(_forget, control_path)
                stack.callback(server.close)
            if inventory_path:
                inventory.write(lab, pathlib.Path(inventory_path))
        except OSError as exc:
            raise LabError(str(exc)) from exc
        print("ready", flush=True)
        await stopped.wait()


def _create(path: str) -> t.TextIO:
    try:
        return open(path, "w", encoding="utf-8")
    except OSError as exc:
        raise LabError(str(exc)) from exc


def _forget(path: str) -> None:
    """Remove a socket; nothing but a socket."""
    if pathlib.Path(path).is_socket():
        os.unlink(path)


def _allow_files(ports: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ports + SPARE_FILES
    if soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, hard), hard))


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: t.Callable[[], None]) -> None:
    def readable() -> None:
        if not os.read(STDIN, 4096):
            loop.remove_reader(STDIN)
            stop()

    try:
        loop.add_reader(STDIN, readable)
    except OSError as exc:  # a file or /dev/null cannot be watched
        raise LabError("--exit-with-stdin: standard input must be a pipe or a terminal") from exc
