"""The driver ipmi against ipmi_sim and the lab: its cost, its failures one by one, identity, sleep, sessions."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import pathlib
import signal
import socket
import time
import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._drivers.ipmi import Ipmi
from ansible_collections.hostpm.power.plugins.module_utils._fencing import errors
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Power, RestorePolicy
from peers import FakeBmc, IpmiSim, Lab, Relay, wait_for

GUID = "00112233-4455-6677-8899-aabbccddeeff"

# Nothing is ever sent to plain, so that its tests do not depend on each other.
HOSTS: dict[str, t.Any] = {
    "plain": {"bmc": {"sessions": 4, "guid": GUID}, "restore_policy": "always"},
    "fenced": {"bmc": {}},
    "twenty": {"bmc": {"sessions": 20}},
    "dual": {"feeds": {"a": {}, "b": {}}},
    "sleepy": {"bmc": {"acpi": True}},
    "keyed": {"bmc": {"kg": "shared key"}},
    "old": {"bmc": {"suites": [3]}},
    "limited": {"bmc": {"privilege": "operator"}},
    "reader": {"bmc": {"privilege": "user"}},
    "full": {"bmc": {"faults": {"sessions": 0}}},
    "busy": {"bmc": {"faults": {"busy": 1}}},
    "stubborn": {"bmc": {"faults": {"reject": ["off"]}}},
    "forgetful": {"bmc": {"faults": {"drop_session_after": 1}}},
    "mute": {"bmc": {"faults": {"mute_after_login": True}}},
    "dead": {"bmc": {"faults": {"dead": True}}},
    "stranger": {"bmc": {"faults": {"refuse_login": "user"}}},
    "changed": {"bmc": {"faults": {"refuse_login": "password"}}},
    "unsure": {"bmc": {"faults": {"ack_lost": 1}}},
    "lossy": {"bmc": {"faults": {"loss": 0.1, "seed": 4}}},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Lab]:
    running = Lab(tmp_path_factory.mktemp("lab"), HOSTS)
    with running:
        yield running


@pytest.fixture
def sim(tmp_path: pathlib.Path) -> t.Iterator[IpmiSim]:
    made = IpmiSim(tmp_path)
    yield made
    made.stop()


pytestmark = pytest.mark.usefixtures("lab", "sim", "nothing_is_left")


async def fence(driver: Ipmi) -> None:
    """Off and verify, as the engine does it for an instant BMC."""
    assert (await driver.status()).power is Power.ON
    await driver.send("off")
    for _pass in range(2):
        assert (await driver.status()).power is Power.OFF


async def status(driver: Ipmi) -> None:
    await driver.status()


async def converse(
    options: dict[str, t.Any],
    conversation: t.Callable[[Ipmi], t.Awaitable[t.Any]],
    seconds: float = 30.0,
) -> t.Any:
    driver = Ipmi(options, deadline=time.monotonic() + seconds)
    try:
        await driver.open()
        return await conversation(driver)
    finally:
        await driver.close()


def run(
    options: dict[str, t.Any], conversation: t.Callable[[Ipmi], t.Awaitable[t.Any]], **how: t.Any
) -> t.Any:
    return asyncio.run(converse(options, conversation, **how))


# --- Cost


def test_fencing_costs_ten_pairs(lab: Lab) -> None:
    async def main() -> None:
        async with Relay.before(lab.options("fenced")) as (relay, options):
            await converse(options, fence)
            assert (relay.requests, relay.answers) == (10, 10)

    asyncio.run(main())
    run(lab.options("fenced"), lambda driver: driver.send("on"))


def test_fencing_ipmi_sim_costs_ten_pairs_and_the_offer_of_suite_17(sim: IpmiSim) -> None:
    async def main(extra: dict[str, t.Any]) -> tuple[int, int]:
        async with Relay.before(sim.options) as (relay, options):
            await converse({**options, **extra}, fence)
            await converse(sim.options, lambda driver: driver.send("on"))
            return relay.requests, relay.answers

    assert asyncio.run(main({"cipher_suite": 3})) == (10, 10)
    assert asyncio.run(main({})) == (11, 11)


def test_status_costs_seven_pairs(lab: Lab) -> None:
    before = lab.agent("sleepy")["packets_in"]
    run(lab.options("sleepy"), status)
    assert lab.agent("sleepy")["packets_in"] - before == 7


# --- Failures, one by one

CASES = [
    ("stranger", {}, errors.AuthFailed, "user name"),
    ("changed", {}, errors.AuthFailed, "another password"),
    ("plain", {"password": "wrong"}, errors.AuthFailed, "another password"),
    ("plain", {"password": ""}, errors.AuthFailed, "another password"),
    ("plain", {"username": ""}, errors.AuthFailed, "user name"),
    ("keyed", {"kg": "wrong key"}, errors.AuthFailed, "another K_g"),
    ("keyed", {"kg": None}, errors.AuthFailed, "set kg"),
    ("limited", {}, errors.AuthFailed, "privilege"),
    ("old", {"cipher_suite": 17}, errors.Unsupported, "cipher suite"),
    ("full", {}, errors.Busy, "session slot"),
    ("busy", {}, errors.Busy, "0xC0 (node busy)"),
    ("stubborn", {}, errors.Rejected, "0xD5 (not supported in present state)"),
    ("reader", {"privilege": "user"}, errors.Rejected, "0xD4 (insufficient privilege"),
    ("plain", {"guid": "11112233-4455-6677-8899-aabbccddeeff"}, errors.IdentityMismatch, "nothing was sent"),
    ("plain", {"address": "no-such-host.invalid"}, errors.NameResolution, "no-such-host.invalid"),
    ("forgetful", {}, errors.Unreachable, "session was lost"),
    ("mute", {}, errors.Unreachable, "session was lost"),
    ("dead", {}, errors.Unreachable, "no answer at all"),
]


@pytest.mark.parametrize(("host", "extra", "kind", "says"), CASES, ids=[f"{c[0]}-{c[3]}" for c in CASES])
def test_failure(
    lab: Lab,
    host: str,
    extra: dict[str, t.Any],
    kind: type[errors.PowerError],
    says: str,
) -> None:
    options = {**lab.options(host), **extra}
    with pytest.raises(errors.PowerError) as caught:
        run(options, lambda driver: driver.send("off"))
    assert caught.value.kind == kind.kind, caught.value
    assert says in str(caught.value)
    assert caught.value.advice
    secrets = [options["password"], options.get("kg") or ""]
    assert not [secret for secret in secrets if secret and secret in str(caught.value)]
    assert lab.acted(host) == []
    assert lab.host(host)["state"] == "running"


def test_nothing_but_the_login_reaches_another_system(lab: Lab) -> None:
    before = lab.agent("plain")["packets_in"]
    with pytest.raises(errors.IdentityMismatch):
        run({**lab.options("plain"), "guid": GUID.replace("00", "10")}, fence)
    assert lab.agent("plain")["packets_in"] - before == 5 + 2  # Get System GUID, Close Session
    assert lab.agent("plain")["sessions_open"] == 0


def test_privilege_that_is_refused_after_the_login(tmp_path: pathlib.Path) -> None:
    fake = FakeBmc(tmp_path)
    try:
        with pytest.raises(errors.AuthFailed, match="privilege level after the login"):
            run({**fake.options, "username": "reader"}, status)
        assert fake.log() == ["ready", "open", "close"]
        run({**fake.options, "username": "reader", "privilege": "user"}, status)
    finally:
        fake.stop()


def test_suite_17_is_not_spoken_after_all(tmp_path: pathlib.Path) -> None:
    fake = FakeBmc(tmp_path)
    try:
        with pytest.raises(errors.Protocol, match="cipher_suite: 3"):
            run({**fake.options, "cipher_suite": 17}, status)
    finally:
        fake.stop()


def test_name_that_resolves(sim: IpmiSim) -> None:
    assert run({**sim.options, "address": "localhost"}, lambda driver: driver.status()).power is Power.ON


@pytest.mark.parametrize("deaf", [False, True])
def test_resolver_hangs(sim: IpmiSim, monkeypatch: pytest.MonkeyPatch, deaf: bool) -> None:
    def hang(*_args: t.Any) -> t.Any:
        if deaf:  # as the C library, which goes on waiting after a signal
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM, signal.SIGTERM})
        time.sleep(1000)

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    with pytest.raises(errors.DeadlineExceeded, match=r"resolver to look up 'bmc7'.*resolv\.conf"):
        run({**sim.options, "address": "bmc7"}, status, seconds=0.5)


def test_address_without_answer_does_not_hide_the_next(
    sim: IpmiSim,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo

    def two(host: str, port: int, *rest: t.Any) -> t.Any:
        if host != "bmc7":
            return real(host, port, *rest)
        return real("::1", port, *rest) + real("127.0.0.1", port, *rest)

    monkeypatch.setattr(socket, "getaddrinfo", two)
    assert run({**sim.options, "address": "bmc7"}, lambda driver: driver.status()).power is Power.ON


# --- Lost answers


def test_control_is_sent_once(lab: Lab) -> None:
    async def conversation(driver: Ipmi) -> None:
        with pytest.raises(errors.Unreachable, match="Chassis Control off") as caught:
            await driver.send("off")
        assert caught.value.may_have_acted

    run(lab.options("unsure"), conversation)
    assert [one["what"] for one in lab.agent("unsure")["commands"]] == ["off"]
    assert run(lab.options("unsure"), lambda driver: driver.status()).power is Power.OFF


def test_lost_read_is_repeated(sim: IpmiSim) -> None:
    async def main() -> None:
        async with Relay.before(sim.options) as (relay, options):
            driver = Ipmi({**options, "cipher_suite": 3}, deadline=time.monotonic() + 30)
            await driver.open()
            relay.loses = lambda number: number == 6
            assert (await driver.status()).power is Power.ON
            await driver.close()
            assert relay.requests == 8

    asyncio.run(main())


def test_lost_datagrams(lab: Lab) -> None:
    async def conversation(driver: Ipmi) -> None:
        for _time in range(5):
            assert (await driver.status()).power is Power.ON

    run(lab.options("lossy"), conversation)


@pytest.mark.parametrize("silent_from", range(1, 8))
def test_silence_at_any_point_ends_by_the_deadline(sim: IpmiSim, silent_from: int) -> None:
    async def main() -> None:
        async with Relay.before(sim.options) as (relay, options):
            relay.loses = lambda number: number >= silent_from
            with pytest.raises(errors.DeadlineExceeded) as caught:
                await converse({**options, "cipher_suite": 3}, fence, seconds=0.4)
            assert caught.value.advice

    asyncio.run(main())


# --- Sessions


def test_ten_logins_with_four_slots(lab: Lab) -> None:
    for _time in range(10):
        run(lab.options("plain"), status)
        with pytest.raises(errors.AuthFailed):
            run({**lab.options("plain"), "password": "wrong"}, status)
        with pytest.raises(errors.IdentityMismatch):
            run({**lab.options("plain"), "guid": "f" * 32}, status)
    assert lab.agent("plain")["sessions_open"] == 0


def test_ten_logins_with_four_slots_of_ipmi_sim(sim: IpmiSim) -> None:
    for _time in range(10):
        run(sim.options, status)


def test_deadline_in_the_middle_logs_out(lab: Lab) -> None:
    async def forever(driver: Ipmi) -> None:
        while True:
            await driver.status()

    with pytest.raises(errors.DeadlineExceeded):
        run(lab.options("plain"), forever, seconds=0.3)
    wait_for("logged out", lambda: lab.agent("plain")["sessions_open"] == 0)


def test_twenty_at_once(lab: Lab) -> None:
    async def main() -> None:
        readings = await asyncio.gather(
            *(converse(lab.options("twenty"), lambda driver: driver.status()) for _time in range(20))
        )
        assert {reading.power for reading in readings} == {Power.ON}

    asyncio.run(main())
    assert lab.agent("twenty")["sessions_open"] == 0


def test_two_feeds_at_once(lab: Lab) -> None:
    feeds = [lab.options("dual", f"feed-{name}") for name in "ab"]

    async def main() -> None:
        await asyncio.gather(*(converse(options, fence) for options in feeds))
        assert lab.host("dual")["state"] == "dark"
        await asyncio.gather(*(converse(options, lambda driver: driver.send("on")) for options in feeds))

    asyncio.run(main())
    wait_for("the host is back", lambda: lab.host("dual")["state"] == "running")


def test_two_feeds_of_ipmi_sim_at_once(sim: IpmiSim, tmp_path: pathlib.Path) -> None:
    feeds = [IpmiSim(tmp_path, f"feed-{name}") for name in "ab"]
    try:

        async def main() -> None:
            await asyncio.gather(*(converse(feed.options, fence) for feed in feeds))

        asyncio.run(main())
        assert sim.power() == "off"
        assert [feed.commands() for feed in feeds] == [["off"], ["off"]]
    finally:
        for feed in feeds:
            feed.stop()


# --- What a BMC tells


@pytest.mark.parametrize("guid", [GUID, GUID.replace("-", ""), "{" + GUID.upper() + "}"])
def test_guid_is_the_expected_one(lab: Lab, sim: IpmiSim, guid: str) -> None:
    for options in (lab.options("plain"), sim.options):
        assert run({**options, "guid": guid}, lambda driver: driver.status()).power is Power.ON


def test_k_g(lab: Lab) -> None:
    for kg in ("shared key", "0x" + b"shared key".hex()):
        assert run({**lab.options("keyed"), "kg": kg}, lambda driver: driver.status()).power is Power.ON


@pytest.mark.parametrize("suite", [None, 3])
def test_suite_of_an_old_bmc(lab: Lab, suite: int | None) -> None:
    options = {**lab.options("old"), "cipher_suite": suite}
    assert run(options, lambda driver: driver.status()).power is Power.ON


def test_operator_is_enough(lab: Lab) -> None:
    run({**lab.options("limited"), "privilege": "operator"}, fence)
    assert lab.acted("limited") == ["off"]


def test_restore_policy(lab: Lab, sim: IpmiSim) -> None:
    seen = [
        run(options, lambda driver: driver.status()).restore_policy
        for options in (lab.options("plain"), lab.options("old"), sim.options)
    ]
    assert seen == [RestorePolicy.ALWAYS, RestorePolicy.LAST, RestorePolicy.NEVER]


def test_sleeping_host(lab: Lab) -> None:
    lab.ask("sleep", host="sleepy")
    reading = run(lab.options("sleepy"), lambda driver: driver.status())
    assert (reading.power, reading.raw) == (Power.ASLEEP, "ACPI S3")

    async def off(driver: Ipmi) -> None:
        await driver.send("off")
        assert (await driver.status()).power is Power.OFF
        await driver.send("on")

    run(lab.options("sleepy"), off)


@pytest.mark.parametrize("action", ["soft", "nmi"])
def test_other_actions(lab: Lab, action: str) -> None:
    before = len(lab.acted("fenced"))
    run(lab.options("fenced"), lambda driver: driver.send(action))
    assert lab.acted("fenced")[before:] == [action]
    if action == "soft":
        wait_for("down", lambda: lab.host("fenced")["state"] == "dark")
        run(lab.options("fenced"), lambda driver: driver.send("on"))
