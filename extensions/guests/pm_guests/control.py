"""The control socket: one JSON line asks, one answers."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import json
import pathlib
import socket
import typing as t

from .programs import LabError

Answer = t.Callable[[dict[str, t.Any]], t.Awaitable[dict[str, t.Any]]]


def request(path: pathlib.Path, patience: float = 30.0, **asked: t.Any) -> dict[str, t.Any]:
    """Ask the supervisor of a running lab, e.g. do="state".

    :raises LabError: it refused, or does not answer
    """
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(patience)
            client.connect(str(path))
            client.sendall(json.dumps(asked).encode() + b"\n")
            with client.makefile("rb") as stream:
                line = stream.readline()
    except OSError as exc:
        raise LabError(f"no lab answers at {path} ({exc}). Start it with: guests up") from exc
    if not line:
        raise LabError("the lab went away")
    answer: dict[str, t.Any] = json.loads(line)
    if "error" in answer:
        raise LabError(str(answer["error"]))
    return answer


async def serve(path: pathlib.Path, answer: Answer) -> asyncio.AbstractServer:
    """Listen; ``answer`` may take its time, others are answered meanwhile."""

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while line := await reader.readline():
                try:
                    said = await answer(json.loads(line))
                except LabError as exc:
                    said = {"error": str(exc)}
                except (KeyError, TypeError, ValueError) as exc:
                    said = {"error": f"not understood: {type(exc).__name__} {exc}"}
                writer.write(json.dumps(said).encode() + b"\n")
                await writer.drain()
        writer.close()

    path.unlink(missing_ok=True)
    return await asyncio.start_unix_server(client, path)
