"""The contract that every driver passes against a real peer: to add a driver, add its peer to PEERS."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import pathlib
import time
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._drivers.registry import DRIVERS
from ansible_collections.hostpm.power.plugins.module_utils._fencing.driver import Driver
from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import (
    AuthFailed,
    DeadlineExceeded,
    PowerError,
    Unreachable,
)
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Power
from peers import FakeBmc, IpmiSim, LabBmc, Peer, wait_for

PEERS: dict[str, t.Callable[[pathlib.Path], Peer]] = {"ipmi_sim": IpmiSim, "lab": LabBmc, "pyghmi": FakeBmc}


@pytest.fixture(params=sorted(PEERS))
def peer(request: pytest.FixtureRequest, tmp_path: pathlib.Path) -> t.Iterator[Peer]:
    made = PEERS[request.param](tmp_path)
    yield made
    made.stop()


pytestmark = pytest.mark.usefixtures("peer", "nothing_is_left")


def driver_of(peer: Peer, options: dict[str, t.Any] | None = None, seconds: float = 30.0) -> Driver:
    made = DRIVERS[peer.driver](options or peer.options, deadline=time.monotonic() + seconds)
    return t.cast(Driver, made)


async def until(driver: Driver, power: Power) -> None:
    """Read until it is so; how long a device takes is its own affair."""
    while (await driver.status()).power is not power:
        await asyncio.sleep(0.05)


def run(
    peer: Peer,
    conversation: t.Callable[[Driver], t.Awaitable[None]],
    lost: bool = False,
    **how: t.Any,
) -> None:
    """Open, converse, close; unless it was lost, look whether the device was left."""

    async def main() -> None:
        driver = driver_of(peer, **how)
        try:
            await driver.open()
            await conversation(driver)
        finally:
            await driver.close()

    asyncio.run(main())
    assert lost or not peer.sessions()


def test_class_says_what_it_is(peer: Peer) -> None:
    cls: t.Any = DRIVERS[peer.driver]
    assert {"on", "off", "soft", "nmi"} >= cls.ACTIONS
    assert set(peer.options) <= set(cls.OPTIONS)
    assert cls.address(peer.options)
    assert cls.device(peer.options) == cls.device(dict(peer.options))
    for secret in (
        peer.options[name]
        for name, spec in cls.OPTIONS.items()
        if spec.get("no_log") and name in peer.options
    ):
        assert secret not in cls.address(peer.options) + cls.device(peer.options)


def test_off_and_on(peer: Peer) -> None:
    async def conversation(driver: Driver) -> None:
        assert (await driver.status()).power is Power.ON
        await driver.send("off")
        await until(driver, Power.OFF)
        assert peer.power() == "off"
        await driver.send("on")
        await until(driver, Power.ON)
        assert peer.power() == "on"

    run(peer, conversation)
    assert peer.commands() == ["off", "on"]


def test_open_and_status_change_nothing(peer: Peer) -> None:
    async def conversation(driver: Driver) -> None:
        readings = [await driver.status() for _time in range(3)]
        assert readings[0] == readings[1] == readings[2]

    run(peer, conversation)
    assert (peer.commands(), peer.power()) == ([], "on")


def test_command_to_what_is_so_already(peer: Peer) -> None:
    async def conversation(driver: Driver) -> None:
        for action in ("on", "off", "off"):
            await driver.send(action)
        await until(driver, Power.OFF)

    run(peer, conversation)


def test_wrong_credentials(peer: Peer) -> None:
    told = []
    for options in peer.refused():
        with pytest.raises(AuthFailed) as caught:
            run(peer, lambda driver: driver.send("off"), options=options)
        assert caught.value.advice
        told.append(str(caught.value))
    assert not [text for text in told if peer.options["password"] in text]
    assert peer.commands() == []


def test_nothing_answers(peer: Peer) -> None:
    with pytest.raises((Unreachable, DeadlineExceeded)) as caught:
        run(peer, lambda driver: driver.send("off"), options=peer.silent(), seconds=1.5)
    assert caught.value.advice


def test_nothing_listens(peer: Peer) -> None:
    with pytest.raises(Unreachable, match="closed") as caught:
        run(peer, lambda driver: driver.send("off"), options=peer.closed())
    assert caught.value.advice


def test_action_that_it_lacks(peer: Peer) -> None:
    with pytest.raises(PowerError, match="cycle"):
        run(peer, lambda driver: driver.send("cycle"))
    assert peer.commands() == []


@pytest.mark.parametrize("steps", range(8))
def test_cancelled_in_the_middle(peer: Peer, steps: int) -> None:
    async def main() -> None:
        driver = driver_of(peer)

        async def conversation() -> None:
            await driver.open()
            while True:
                await driver.status()

        task = asyncio.create_task(conversation())
        await asyncio.sleep(0.004 * steps)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await driver.close()
        await driver.close()

    asyncio.run(main())
    wait_for("the device forgets the session", lambda: not peer.sessions())
    assert peer.commands() == []


def test_close_without_open(peer: Peer) -> None:
    asyncio.run(driver_of(peer).close())


def test_session_is_lost_after_a_command(peer: Peer) -> None:
    async def conversation(driver: Driver) -> None:
        await driver.send("off")
        wait_for("off", lambda: peer.power() == "off")
        peer.vanish()
        with pytest.raises(Unreachable) as caught:
            await driver.status()
        assert caught.value.may_have_acted
        assert caught.value.advice
        with pytest.raises(PowerError):
            await driver.status()

    run(peer, conversation, lost=True)


def test_two_at_once(peer: Peer) -> None:
    async def main() -> None:
        drivers = [driver_of(peer) for _time in range(2)]
        await asyncio.gather(*(driver.open() for driver in drivers))
        readings = await asyncio.gather(*(driver.status() for driver in drivers))
        assert {reading.power for reading in readings} == {Power.ON}
        await asyncio.gather(*(driver.close() for driver in drivers))

    asyncio.run(main())
    assert not peer.sessions()
