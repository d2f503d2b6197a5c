"""The options of ipmi agents: notations, limits, addresses; what a missing pyghmi says."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import sys
import time
import typing as t
import uuid

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.hostpm.power.plugins.module_utils._drivers._ipmi_account import (
    Account,
    is_same_system,
)
from ansible_collections.hostpm.power.plugins.module_utils._drivers.ipmi import Ipmi
from ansible_collections.hostpm.power.plugins.module_utils._drivers.registry import DRIVERS
from ansible_collections.hostpm.power.plugins.module_utils._fencing.errors import (
    Misconfigured,
    PowerError,
    Unsupported,
)
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Role

GUID = uuid.UUID("00112233-4455-6677-8899-aabbccddeeff")


def options(**given: t.Any) -> dict[str, t.Any]:
    return {"address": "bmc7", "password": "secret", **given}


def account(**given: t.Any) -> Account:
    return Account.from_options(options(**given))


def test_is_registered() -> None:
    assert DRIVERS["ipmi"] is Ipmi
    assert {"on", "off", "soft", "nmi"} == Ipmi.ACTIONS
    assert Ipmi.ROLE is Role.CHASSIS


def test_argument_spec_is_ansibles() -> None:
    validator = ArgumentSpecValidator(Ipmi.OPTIONS)
    assert not validator.validate(options(cipher_suite="17", port="6230")).error_messages
    for wrong in ({"address": "bmc7"}, options(cipher_suite=0), options(privilege="root"), options(cypher=3)):
        assert validator.validate(wrong).error_messages
    assert {name for name, spec in Ipmi.OPTIONS.items() if spec.get("no_log")} == {"password", "kg"}


def test_defaults() -> None:
    plain = account()
    assert (plain.port, plain.username, plain.password) == (623, b"", b"secret")
    assert (plain.kg, plain.privilege, plain.cipher_suite, plain.guid) == (None, 4, None, None)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("", None),
        ("key", b"key"),
        ("0x6b6579", b"key"),
        ("0X6B6579", b"key"),
        ("ключ", "ключ".encode()),
        ("0x" + "ff" * 20, b"\xff" * 20),
    ],
)
def test_kg(text: str, key: bytes | None) -> None:
    assert account(kg=text).kg == key


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kg": "0xzz"}, "kg begins with 0x"),
        ({"kg": "0x" + "ff" * 21}, "kg is longer"),
        ({"kg": "k" * 21}, "kg is longer"),
        ({"password": "p" * 21}, "password is longer"),
        ({"username": "u" * 17}, "username is longer"),
        ({"guid": "node7"}, "guid is no UUID"),
        ({"guid": "0011"}, "guid is no UUID"),
        ({"port": 65536}, "port 65536"),
        ({"port": -1}, "port -1"),
    ],
)
def test_what_no_bmc_takes(wrong: dict[str, t.Any], says: str) -> None:
    with pytest.raises(Misconfigured, match=says) as caught:
        asyncio.run(Ipmi(options(**wrong), deadline=time.monotonic() + 5).open())
    for secret in ("kg", "password"):
        assert wrong.get(secret, "none") not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "00112233-4455-6677-8899-aabbccddeeff",
        "00112233445566778899AABBCCDDEEFF",
        "{00112233-4455-6677-8899-AABBCCDDEEFF}",
        "urn:uuid:00112233-4455-6677-8899-aabbccddeeff",
        " 00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\n",
        "00 11 22 33 44 55 66 77 88 99 AA BB CC DD EE FF",
    ],
)
def test_guid_notations(text: str) -> None:
    assert account(guid=text).guid == GUID


@pytest.mark.parametrize(
    "answer",
    [
        "00112233445566778899aabbccddeeff",
        "33221100554477668899aabbccddeeff",
        "ffeeddccbbaa99887766554433221100",
    ],
)
def test_guid_byte_orders(answer: str) -> None:
    assert is_same_system(GUID, bytes.fromhex(answer))


@pytest.mark.parametrize("answer", ["", "00" * 16, "00112233", "11112233445566778899aabbccddeeff"])
def test_guid_of_another_system(answer: str) -> None:
    assert not is_same_system(GUID, bytes.fromhex(answer))


@pytest.mark.parametrize(
    ("given", "address", "device"),
    [
        ({"address": "10.0.0.9"}, "10.0.0.9", "ipmi 10.0.0.9:623"),
        ({"address": "10.0.0.9", "port": 6230}, "10.0.0.9:6230", "ipmi 10.0.0.9:6230"),
        ({"address": "BMC7.Example.org"}, "bmc7.example.org", "ipmi bmc7.example.org:623"),
        ({"address": "2001:DB8:0::9"}, "[2001:db8::9]", "ipmi [2001:db8::9]:623"),
        ({"address": "[2001:db8::9]", "port": 1623}, "[2001:db8::9]:1623", "ipmi [2001:db8::9]:1623"),
    ],
)
def test_address_and_device(given: dict[str, t.Any], address: str, device: str) -> None:
    assert (Ipmi.address(given), Ipmi.device(given)) == (address, device)


def test_secrets_are_not_shown() -> None:
    mine = account(password="hun'ter2", kg="0x00ff41")
    assert "hun" not in repr(mine)
    assert mine.scrub("bad hun'ter2, b\"hun'ter2\", 68756e2774657232, \\x00\\xffA 00ff41") == (
        "bad ********, ********, ********, ******** ********"
    )


def test_empty_password_scrubs_nothing() -> None:
    assert account(password="").scrub("as it was") == "as it was"


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("pyghmi", "library pyghmi is not"),
        ("cryptography", "library pyghmi (its cryptography) is not"),
    ],
)
def test_library_is_missing(monkeypatch: pytest.MonkeyPatch, missing: str, says: str) -> None:
    for name in list(sys.modules):
        if name.startswith(("pyghmi", missing)):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(Unsupported) as caught:
        asyncio.run(Ipmi(options(), deadline=time.monotonic() + 5).open())
    assert says in caught.value.tried
    assert sys.executable in caught.value.tried
    assert caught.value.advice.startswith("Install pyghmi")


def test_calls_without_open() -> None:
    async def main() -> None:
        driver = Ipmi(options(), deadline=time.monotonic() + 5)
        await driver.close()
        for call in (driver.status(), driver.send("off")):
            with pytest.raises(PowerError, match="open was not called"):
                await call
        with pytest.raises(Unsupported, match="no action 'cycle'"):
            await driver.send("cycle")

    asyncio.run(main())
