"""One QEMU process of a guest, from its start to its end; the next start makes a new one."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import json
import typing as t

from .emulator import Files, environment
from .programs import bound
from .qmp import Qmp, QmpError


class Instance:
    """A running QEMU.

    :param on_event: told of each event of QEMU.
    :param on_report: told what the guest says on its second serial port.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        files: Files,
        on_event: t.Callable[[str, dict[str, t.Any]], None],
        on_report: t.Callable[[dict[str, t.Any]], None],
    ) -> None:
        self.process = process
        #: Its end was asked for.
        self.ending = False
        self._files = files
        self._on_event = on_event
        self._on_report = on_report
        self._qmp: Qmp | None = None
        self._listening: asyncio.Task[None] | None = None
        self._ready = asyncio.ensure_future(self._connect())

    @classmethod
    async def spawn(cls, command: list[str], files: Files, *told: t.Any) -> Instance:
        """Start QEMU; the guest runs as soon as its events and reports can be heard."""
        for leftover in (files.qmp, files.report):
            leftover.unlink(missing_ok=True)
        with open(files.errors, "ab") as errors:
            process = await asyncio.create_subprocess_exec(
                *bound(command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=errors,
                stderr=errors,
                env=dict(environment()),
            )
        return cls(process, files, *told)

    def alive(self) -> bool:
        return self.process.returncode is None

    async def _connect(self) -> Qmp:
        self._qmp = await Qmp.connect(self._files.qmp, self._on_event, self.alive)
        reader, _writer = await asyncio.open_unix_connection(self._files.report)
        self._listening = asyncio.ensure_future(self._listen(reader, _writer))
        await self._qmp.run("cont")
        return self._qmp

    async def _listen(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                with contextlib.suppress(ValueError, KeyError):  # half a line of a guest that was cut off
                    self._on_report(json.loads(line))
        finally:
            writer.close()

    async def qmp(self) -> Qmp:
        """The connection to QEMU, once there is one.

        :raises QmpError: QEMU ended before
        """
        try:
            return await asyncio.shield(self._ready)
        except OSError as exc:
            raise QmpError(f"QEMU does not listen: {exc}") from exc

    def kill(self) -> None:
        self.ending = True
        if self.alive():
            self.process.kill()

    async def quit(self) -> int | None:
        """End a guest that has gone down by itself; the seconds until its clock's alarm, None without one."""
        alarm = None
        try:
            qmp = await self.qmp()
            alarm = await qmp.seconds_to_alarm()
        finally:
            self.kill()  # it has written all it had to write
        return alarm

    async def ended(self) -> int:
        """Wait for the end of the process; its exit status."""
        status = await self.process.wait()
        self._ready.cancel()
        if self._listening is not None:
            self._listening.cancel()
        if self._qmp is not None:
            self._qmp.close()
        return status

    def last_words(self) -> str:
        """What QEMU printed last."""
        with contextlib.suppress(OSError):
            lines = self._files.errors.read_text(errors="replace").splitlines()
            return lines[-1] if lines else ""
        return ""
