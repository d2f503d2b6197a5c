"""Whether a host answers: real servers that speak ssh, or not, or nothing at all; and names without an address."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import NameResolution
from ansible_collections.hostpm.power.plugins.module_utils._fencing.waiting import MonotonicClock
from ansible_collections.hostpm.power.plugins.module_utils._wake import reach as reach_module
from ansible_collections.hostpm.power.plugins.module_utils._wake.reach import Reach, Target

PATIENCE = 30.0  # a guard against hanging tests, nothing is measured by it
NO_SSH = "the port is open, but no ssh answers there"

Handler = t.Callable[[asyncio.StreamReader, asyncio.StreamWriter], t.Awaitable[None]]


def says(*lines: bytes, then_waits: bool = True) -> Handler:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for line in lines:
            writer.write(line)
            with contextlib.suppress(OSError):
                await writer.drain()
        if then_waits:
            await reader.read()
        writer.close()

    return handle


def look(
    handler: Handler | None,
    how: str = "ssh",
    *,
    patience: float = 5.0,
    listening: float = 0.0,
    address: str = "127.0.0.1",
) -> str:
    """What is seen of a server with this handler, or of a port at which nobody listens."""

    async def work() -> str:
        if handler is None:
            with socket.socket() as unused:
                unused.bind(("127.0.0.1", 0))
                return await looked(unused.getsockname()[1])
        server = await asyncio.start_server(handler, "127.0.0.1", 0)
        async with server:
            return await looked(server.sockets[0].getsockname()[1])

    async def looked(port: int) -> str:
        clock = MonotonicClock()
        reach = Reach(Target(how, address, port), clock)
        await reach.resolve(PATIENCE)
        until = clock.now() + patience
        return await reach.look(until, until + listening)

    return asyncio.run(asyncio.wait_for(work(), PATIENCE))


@pytest.mark.parametrize(
    "lines",
    [
        (b"SSH-2.0-OpenSSH_9.2p1\r\n",),
        (b"SSH-1.99-old\n",),
        (b"SSH-", b"2.0-in parts\r\n"),
        (b"Keep out\r\n", b"\r\n", b"SSH-2.0-after a greeting\r\n"),
    ],
)
def test_an_ssh_server(lines: tuple[bytes, ...]) -> None:
    assert look(says(*lines)) == ""


@pytest.mark.parametrize(
    "handler",
    [
        says(),
        says(then_waits=False),
        says(b"220 mail\r\n"),
        says(b"HTTP/1.1 400 Bad Request\r\n", then_waits=False),
        says(b"x" * 200_000),
        says(b" SSH-2.0-not at the beginning\r\n", then_waits=False),
        says(b"SSH-2.0-without an end", then_waits=True),
    ],
    ids=["silent", "closes", "mail", "web", "endless line", "indented", "cut off"],
)
def test_an_open_port_with_no_ssh_behind_it(handler: Handler) -> None:
    assert look(handler, patience=0.5) == NO_SSH


def test_a_slow_host_that_has_taken_the_connection_is_listened_to() -> None:
    async def slowly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(b"SSH-2.0-at last\r\n")
        writer.close()

    assert look(slowly, patience=0.3) == NO_SSH
    assert look(slowly, patience=0.3, listening=PATIENCE) == ""
    assert look(says(), patience=0.3, listening=0.3) == NO_SSH
    assert look(None, patience=0.3, listening=PATIENCE) == "connection refused"


@pytest.mark.parametrize("handler", [says(), says(b"220 mail\r\n")])
def test_any_open_port_is_enough_where_that_is_asked_for(handler: Handler) -> None:
    assert look(handler, "tcp") == ""


@pytest.mark.parametrize("how", ["ssh", "tcp"])
def test_nobody_listens(how: str) -> None:
    assert look(None, how) == "connection refused"


def test_a_host_that_does_not_answer_at_all() -> None:
    """A full backlog drops what comes, as a network without the host does."""
    with socket.socket() as full, contextlib.ExitStack() as fillers:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _number in range(2):
            filler = fillers.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(full.getsockname())

        async def work() -> str:
            clock = MonotonicClock()
            reach = Reach(Target("tcp", "127.0.0.1", full.getsockname()[1]), clock)
            await reach.resolve(PATIENCE)
            return await reach.look(clock.now() + 0.3)

        assert asyncio.run(asyncio.wait_for(work(), PATIENCE)) == "no answer"


def test_a_name_is_resolved() -> None:
    assert look(says(b"SSH-2.0-x\r\n"), address="localhost") == ""


def test_one_of_several_addresses_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    async def both(*_args: object) -> tuple[str, ...]:
        return ("127.0.0.2", "127.0.0.1")

    monkeypatch.setattr(reach_module, "_look_up", both)
    assert look(says(b"SSH-2.0-x\r\n"), address="two.example") == ""


@pytest.mark.parametrize("name", ["no-such-host.invalid", "a..b", "x" * 64 + ".example", ""])
def test_a_name_that_does_not_resolve(name: str) -> None:
    with pytest.raises(NameResolution) as caught:
        look(None, address=name)
    assert f"'{name}'" in str(caught.value)
    assert "Give its address as ansible_host or reach_address." in str(caught.value)


def test_a_resolver_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault that no real resolver can be made to show without being root."""
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: time.sleep(PATIENCE * 10))

    async def work() -> None:
        await Reach(Target("ssh", "slow.example", 22), MonotonicClock()).resolve(0.3)

    with pytest.raises(
        NameResolution, match=r"the resolver has no answer for 'slow\.example'\. Give its address"
    ):
        asyncio.run(asyncio.wait_for(work(), PATIENCE))
