"""The control socket: one JSON line per request and answer, over a Unix socket."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import pathlib
import socket
import typing as t

from .lab import Lab, LabError


class ControlError(Exception):
    """The lab refused a request, or does not answer."""


def request(
    path: str | pathlib.Path,
    asked: t.Mapping[str, t.Any],
    timeout: float = 30.0,
) -> dict[str, t.Any]:
    """Ask a running lab, e.g. {"do": "state", "host": "node1"}; the requests are listed in the README.

    :raises ControlError: the lab refused it, or does not answer
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(timeout)
            client.connect(str(path))
            client.sendall(json.dumps(asked).encode() + b"\n")
            with client.makefile("rb") as stream:
                line = stream.readline()
    except OSError as exc:
        raise ControlError(f"{path}: {exc}") from exc
    if not line:
        raise ControlError(f"{path}: the lab went away")
    answer: dict[str, t.Any] = json.loads(line)
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer


class Connection(asyncio.Protocol):
    """One client of the socket; `stop` is called when it asks for the end."""

    def __init__(self, lab: Lab, stop: t.Callable[[], None]) -> None:
        self._lab = lab
        self._stop = stop
        self._received = b""
        self._transport: asyncio.WriteTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = t.cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        *lines, self._received = (self._received + data).split(b"\n")
        for line in lines:
            if self._transport is not None:
                self._transport.write(json.dumps(self._answer(line)).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, t.Any]:
        try:
            asked = json.loads(line)
            return self._do(**asked)
        except LabError as exc:
            return {"error": str(exc)}
        except (AttributeError, TypeError, ValueError) as exc:
            return {"error": f"not understood: {exc}"}

    def _do(
        self,
        do: str,
        host: str | None = None,
        agent: str = "",
        feed: str = "",
        text: str = "",
        plugged: bool = True,
        on: bool = True,
        faults: t.Mapping[str, t.Any] | None = None,
    ) -> dict[str, t.Any]:
        if do == "state":
            return self._lab.state(host)
        if do == "fault":
            self._lab.fault(str(host), agent, faults or {})
        elif do == "plug":
            self._lab.plug(str(host), feed, plugged)
        elif do == "switch":
            self._lab.switch(str(host), feed, on)
        elif do == "sleep":
            self._lab.sleep(str(host))
        elif do == "wake":
            self._lab.wake(str(host))
        elif do == "mark":
            self._lab.journal.mark(text)
        elif do == "stop":
            self._stop()
        else:
            raise LabError(f"{do}: unknown request")
        return {"done": do}
