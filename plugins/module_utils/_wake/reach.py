"""Whether a host is awake: it answers at its address, as ssh or by accepting a connection. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import functools
import ipaddress
import os
import socket
import typing as t
from dataclasses import dataclass

from .._drivers._child import Child
from .._drivers._child_end import Tell
from .._fencing.errors import DeadlineExceeded, NameResolution
from .._fencing.waiting import Clock, abandon, within

_BANNER: t.Final = b"SSH-"


@dataclass(frozen=True)
class Target:
    """Where a host is looked for. ``how``: ssh (its banner is read) or tcp (it accepts a connection)."""

    how: str
    address: str
    port: int

    def __str__(self) -> str:
        return f"{self.how} at {self.address} port {self.port}"


class Reach:
    """Looks at a target, again and again; ``resolve`` comes first."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self.target = target
        self._clock = clock
        self._addresses: tuple[str, ...] = ()

    async def resolve(self, seconds: float) -> None:
        """Find the addresses of the target's name.

        :raises NameResolution: it has none, or the resolver did not tell in time.
        """
        try:
            ipaddress.ip_address(self.target.address.partition("%")[0])
        except ValueError:
            self._addresses = await _look_up(self.target.address, self._clock.now() + seconds, self._clock)
        else:
            self._addresses = (self.target.address,)

    async def look(self, until: float, listening: float | None = None) -> str:
        """Return nothing when the host answers, else what was seen instead; by ``until`` at the latest.

        :param listening: until then, where that is later, a host may greet that has taken the connection by ``until``.
        """
        tries = [_Try(self.target, address) for address in self._addresses]
        tasks = [asyncio.ensure_future(self._within(until, listening or until, one)) for one in tries]
        try:
            for done in asyncio.as_completed(tasks):
                if not await done:
                    return ""
            return tries[0].seen
        finally:
            await abandon(tasks)

    async def _within(self, until: float, listening: float, one: _Try) -> str:
        try:
            await within(self._clock, until, one.connect())
            await within(self._clock, listening, one.listen())
        except DeadlineExceeded:
            one.seen = one.seen or "no answer"
        except OSError as exc:
            one.seen = one.seen or _words(exc)
        finally:
            one.close()
        return one.seen


class _Try:
    """One connection; ``seen`` is empty when the host answered."""

    def __init__(self, target: Target, address: str) -> None:
        self.seen = ""
        self._target = target
        self._address = address
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def connect(self) -> None:
        """Be taken.

        :raises OSError: nobody takes it.
        """
        self._streams = await asyncio.open_connection(self._address, self._target.port)
        if self._target.how == "ssh":
            # a forwarded port is open with nobody behind it
            self.seen = "the port is open, but no ssh answers there"

    async def listen(self) -> None:
        """Be greeted, where that is asked for."""
        if self._streams is not None and self._target.how == "ssh":
            with contextlib.suppress(OSError, ValueError):  # cut off; a line without an end
                await self._banner(self._streams[0])

    def close(self) -> None:
        if self._streams is not None:
            self._streams[1].close()

    async def _banner(self, reader: asyncio.StreamReader) -> None:
        """Read until the version string: a server may send other lines before it (RFC 4253, section 4.2)."""
        while line := await reader.readline():
            if line.startswith(_BANNER):
                self.seen = ""
                return


def _words(exc: OSError) -> str:
    # asyncio puts the address into the text
    return os.strerror(exc.errno).lower() if exc.errno else type(exc).__name__


async def _look_up(name: str, until: float, clock: Clock) -> tuple[str, ...]:
    """Ask the resolver, in a child of its own: one that hangs cannot be interrupted."""
    child = Child(functools.partial(_Resolver, name), until)
    await child.start()
    try:
        return tuple(await within(clock, until, child.call("addresses")))
    except DeadlineExceeded:
        raise NameResolution(f"the resolver has no answer for '{name}'", _ADVICE) from None
    finally:
        await child.close()


_ADVICE: t.Final = (
    "Give its address as ansible_host or reach_address. A name that only the host itself announces (mDNS) is gone "
    "while it sleeps"
)


class _Resolver:
    """The service of the child."""

    def __init__(self, name: str, tell: Tell) -> None:
        self._name = name
        tell(f"waiting for the resolver to look up '{name}'", "")

    def addresses(self) -> list[str]:
        try:
            found = socket.getaddrinfo(self._name, None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as exc:
            why = getattr(exc, "strerror", None) or "no host name"
            raise NameResolution(f"the name '{self._name}' does not resolve ({why})", _ADVICE) from exc
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))

    def logout(self) -> None:
        """There is nothing to free."""
