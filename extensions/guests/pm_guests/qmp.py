"""A client of QEMU's machine protocol: one command at a time, events as they come."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import json
import pathlib
import typing as t

from . import cmos

#: A machine under load may keep QEMU from its processor for long.
PATIENCE = 60.0
LINE_LIMIT = 1 << 20


class QmpError(Exception):
    """QEMU refused a command, or went away."""


class Qmp:
    """A connection; ``on_event`` is called with each event's name and data, while the reader runs."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        on_event: t.Callable[[str, dict[str, t.Any]], None],
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_event = on_event
        self._turn = asyncio.Lock()
        self._answer: asyncio.Future[t.Any] | None = None
        self._sent = 0
        self._listening: asyncio.Task[None] | None = None

    @classmethod
    async def connect(
        cls,
        path: pathlib.Path,
        on_event: t.Callable[[str, dict[str, t.Any]], None],
        alive: t.Callable[[], bool],
    ) -> Qmp:
        """Connect to a QEMU that has just been started, as soon as it listens.

        :raises QmpError: it ended, or says something else
        """
        while True:
            try:
                reader, writer = await asyncio.open_unix_connection(path, limit=LINE_LIMIT)
                break
            except OSError as exc:
                if not alive():
                    raise QmpError("QEMU ended before it listened") from exc
                await asyncio.sleep(0.02)
        client = cls(reader, writer, on_event)
        greeting = await reader.readline()
        if b"QMP" not in greeting:
            raise QmpError(f"not a greeting of QEMU: {greeting!r}")
        client._listening = asyncio.ensure_future(client._listen())
        await client.run("qmp_capabilities")
        return client

    async def run(self, command: str, **arguments: t.Any) -> t.Any:
        """Run a command and return what it returns.

        :raises QmpError: it was refused, or QEMU went away
        """
        async with self._turn:
            self._answer = asyncio.get_running_loop().create_future()
            self._sent += 1
            asked = {"execute": command, "arguments": arguments, "id": self._sent}
            self._writer.write(json.dumps(asked).encode() + b"\n")
            try:
                return await asyncio.wait_for(self._answer, PATIENCE)
            except asyncio.TimeoutError:
                raise QmpError(f"{command}: no answer within {PATIENCE:.0f} s") from None
            finally:
                self._answer = None

    async def monitor(self, line: str) -> str:
        """Run a command of the human monitor."""
        return str(await self.run("human-monitor-command", **{"command-line": line}))

    async def seconds_to_alarm(self) -> int | None:
        """What the guest's clock is armed to do: read while the machine stands still."""
        registers = {}
        for register in cmos.REGISTERS:
            await self.monitor(f"o/b 0x70 {register:#x}")
            registers[register] = cmos.read_answer(await self.monitor("i/b 0x71"))
        return cmos.seconds_to_alarm(registers)

    async def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while line := await self._reader.readline():
                said = json.loads(line)
                if "event" in said:
                    self._on_event(said["event"], said.get("data", {}))
                elif said.get("id") == self._sent:  # not the late answer to a command that was given up
                    self._settle(said)
        self._settle({"error": {"desc": "QEMU went away"}})

    def _settle(self, said: dict[str, t.Any]) -> None:
        if self._answer is None or self._answer.done():
            return
        if "error" in said:
            self._answer.set_exception(QmpError(said["error"]["desc"]))
        else:
            self._answer.set_result(said["return"])

    def close(self) -> None:
        if self._listening is not None:
            self._listening.cancel()
        self._writer.close()
