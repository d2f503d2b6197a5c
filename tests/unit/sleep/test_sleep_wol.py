"""Wake-on-LAN: what ethtool says, what is a card, what it lacks, and whether it is armed again after a boot."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep.answer import ProbeFailed
from ansible_collections.hostpm.power.plugins.module_utils._sleep.machine import RecordedMachine
from ansible_collections.hostpm.power.plugins.module_utils._sleep.wol import Card, parse_wake_on, wake_on_lan
from sleep_kit import command, machine

MAC = "02:00:00:00:00:01"
ETH0 = "/sys/class/net/eth0"
#: One wired card that is armed and may wake the machine.
BASE: dict[str, t.Any] = {
    "files": {
        f"{ETH0}/address": f"{MAC}\n",
        f"{ETH0}/device/power/wakeup": "enabled\n",
        f"{ETH0}/name_assign_type": "4\n",
        f"{ETH0}/ifindex": "2\n",
        "/sys/class/net/lo/address": "00:00:00:00:00:00\n",
    },
    "links": {
        ETH0: "../../devices/pci0000:00/0000:00:1c.0/0000:02:00.0/net/eth0",
        f"{ETH0}/device/driver": "../../../bus/pci/drivers/e1000e",
    },
    "commands": [
        command("ethtool", "eth0", out="Settings for eth0:\n\tSupports Wake-on: pumbg\n\tWake-on: g\n"),
        command("ethtool", "-P", "eth0", out=f"Permanent address: {MAC}\n"),
    ],
}


def card(one: RecordedMachine, name: str = "eth0") -> Card:
    return wake_on_lan(one, [name])[name]


@pytest.mark.parametrize(
    ("out", "letters"),
    [
        ("\tSupports Wake-on: pumbg\n\tWake-on: g\n", ("pumbg", "g")),
        ("\tSupports Wake-on: d\n\tWake-on: d\n", ("d", "d")),
        (
            "\tSupports Wake-on: gs\n\tWake-on: gs\n        SecureOn password: 00:00:00:00:00:00\n",
            ("gs", "gs"),
        ),
        ("\tWake-on: g\n\tSupports Wake-on: pumbagsf\n", ("pumbagsf", "g")),
        ("Settings for eth0:\n\tLink detected: yes\n", None),
        ("", None),
    ],
)
def test_the_words_of_ethtool(out: str, letters: tuple[str, str] | None) -> None:
    assert parse_wake_on(out) == letters


@pytest.mark.parametrize(
    "out",
    ["\tSupports Wake-on: \n", "\tWake-on: g\n", "\tSupports Wake-on: g\n\tWake-on: 7\n", "Wake-on: G\0"],
)
def test_words_of_ethtool_that_are_not_understood(out: str) -> None:
    with pytest.raises(ProbeFailed, match="ethtool's words on Wake-on-LAN are not understood"):
        parse_wake_on(out)


def test_a_card_that_is_ready() -> None:
    one = card(machine(BASE))
    assert (one.state, one.why, one.ready) == ("supported", "", True)
    assert (one.supported, one.armed) == ("pumbg", "g")
    assert (one.mac, one.permanent_mac, one.driver) == (MAC, MAC, "e1000e")
    assert (one.wakeup, one.chain, one.master) == ("enabled", [], "")


def test_only_cards_are_looked_at_by_default() -> None:
    assert list(wake_on_lan(machine(BASE))) == ["eth0"]
    assert wake_on_lan(machine()) == {}


@pytest.mark.parametrize(
    ("armed", "wakeup", "why"),
    [
        ("d", "enabled", "not armed: ethtool -s eth0 wol g"),
        ("pumb", "enabled", "not armed: ethtool -s eth0 wol g"),
        ("g", "disabled", f"may not wake the machine: echo enabled > {ETH0}/device/power/wakeup"),
        ("d", "disabled", "not armed: ethtool -s eth0 wol g; may not wake the machine: echo enabled"),
        ("g", None, "the kernel cannot let it wake the machine: it has no power/wakeup"),
    ],
)
def test_what_a_card_lacks(armed: str, wakeup: str | None, why: str) -> None:
    said = command("ethtool", "eth0", out=f"\tSupports Wake-on: pumbg\n\tWake-on: {armed}\n")
    one = card(machine(BASE, files={f"{ETH0}/device/power/wakeup": wakeup}, commands=[said]))
    assert (one.state, one.ready) == ("supported", False)
    assert one.why.startswith(why)


@pytest.mark.parametrize("supports", ["pumbgs", "s"])
def test_a_card_that_is_armed_with_secureon_alone(supports: str) -> None:
    def secured(armed: str, wakeup: str | None = "enabled") -> Card:
        said = command("ethtool", "eth0", out=f"\tSupports Wake-on: {supports}\n\tWake-on: {armed}\n")
        return card(machine(BASE, files={f"{ETH0}/device/power/wakeup": wakeup}, commands=[said]))

    assert (secured("s").state, secured("s").ready, secured("s").why) == ("supported", True, "")
    assert secured("d").why == f"not armed: ethtool -s eth0 wol {'g' if 'g' in supports else 's'}"
    for wakeup in ("disabled", None):
        assert (secured("s", wakeup).state, secured("s", wakeup).ready) == ("supported", False), wakeup


@pytest.mark.parametrize(
    ("supports", "why"),
    [
        ("\tSupports Wake-on: d\n\tWake-on: d\n", "it does not wake by a magic packet (Supports Wake-on: d)"),
        (
            "\tSupports Wake-on: pu\n\tWake-on: p\n",
            "it does not wake by a magic packet (Supports Wake-on: pu)",
        ),
        ("\tLink detected: yes\n", "its driver e1000e has no Wake-on-LAN"),
    ],
)
def test_a_card_that_has_no_wake_on_lan(supports: str, why: str) -> None:
    one = card(machine(BASE, commands=[command("ethtool", "eth0", out=supports)]))
    assert (one.state, one.why, one.ready) == ("none", why, False)


REFUSED = "netlink error: Operation not permitted"
NO_DATA = command("ethtool", "eth0", rc=75, err="No data available")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"uid": 1000, "commands": [command("ethtool", "eth0", err=REFUSED)]}, "needs root: run with become"),
        ({"uid": 1000, "commands": [NO_DATA]}, "needs root: run with become"),
        ({"commands": [command("ethtool", "eth0", err=REFUSED)]}, "no CAP_NET_ADMIN here"),
        ({"commands": [NO_DATA]}, "ethtool eth0 ended with 75: 'No data available'"),
        (
            {"commands": [{"argv": ["ethtool", "-P", "eth0"], "error": "ENOENT"}]},
            "install the package ethtool",
        ),
        (
            {"commands": [{"argv": ["ethtool", "eth0"], "error": "ETIMEDOUT"}]},
            "cannot run ethtool: Connection",
        ),
        ({"commands": [command("ethtool", "eth0", out="Wake-on: ?")]}, "on Wake-on-LAN are not understood"),
        ({"files": {f"{ETH0}/address": "garbage"}}, f"{ETH0}/address holds no address: 'garbage'"),
        ({"files": {f"{ETH0}/device/power/wakeup": "\0"}}, "power/wakeup holds no plain text: '?'"),
    ],
)
def test_a_card_that_cannot_be_told(changes: dict[str, t.Any], why: str) -> None:
    one = card(machine(BASE, **changes))
    assert (one.state, one.ready, one.supported) == ("probe_failed", False, "")
    assert why in one.why


def test_an_ordinary_user_sees_the_rest() -> None:
    one = card(machine(BASE, uid=1000, commands=[command("ethtool", "eth0", out="\tLink detected: yes\n")]))
    assert (one.mac, one.driver, one.wakeup, one.permanent_mac) == (MAC, "e1000e", "enabled", MAC)


def test_a_secureon_password_is_nowhere_in_the_result() -> None:
    said = "\tSupports Wake-on: gs\n\tWake-on: s\n        SecureOn password: 00:de:ad:be:ef:00\n"
    one = card(machine(BASE, commands=[command("ethtool", "eth0", out=said)]))
    assert (one.armed, one.ready) == ("s", True)
    assert "de:ad" not in repr(one)


def test_a_card_without_a_burnt_in_address() -> None:
    said = command("ethtool", "-P", "eth0", out="Permanent address: 00:00:00:00:00:00\n")
    assert card(machine(BASE, commands=[said])).permanent_mac == ""


def test_the_chain_of_devices_up_to_the_processor() -> None:
    files = {
        "/sys/devices/pci0000:00/0000:00:1c.0/0000:02:00.0/power/wakeup": "enabled\n",  # the card itself
        "/sys/devices/pci0000:00/0000:00:1c.0/power/wakeup": "disabled\n",
        "/sys/devices/pci0000:00/power/wakeup": "\n",
    }
    assert card(machine(BASE, files=files)).chain == [{"device": "0000:00:1c.0", "wakeup": "disabled"}]


def test_a_usb_card_is_woken_by_its_device() -> None:
    files = {f"{ETH0}/device/power/wakeup": None, f"{ETH0}/device/../power/wakeup": "disabled\n"}
    one = card(machine(BASE, files=files, links={f"{ETH0}/device/subsystem": "../../../bus/usb"}))
    assert one.wakeup == "disabled"
    assert one.why == f"may not wake the machine: echo enabled > {ETH0}/device/../power/wakeup"


def test_a_wireless_card() -> None:
    one = card(machine(BASE, files={f"{ETH0}/phy80211/index": "0"}))
    assert (one.state, one.why) == ("none", "it is wireless: only wired cards are looked at")


def test_a_part_of_a_bond_says_so() -> None:
    one = card(machine(BASE, links={f"{ETH0}/master": "../../../virtual/net/bond0"}))
    assert one.master == "bond0"


BOND = {"bond0/uevent": "DEVTYPE=bond\n", "bond0/lower_eth0/x": "", "bond0/lower_eth1/x": ""}
BRIDGE = {"br0/uevent": "DEVTYPE=bridge\nINTERFACE=br0\n"}
NO_CARD = "no card: it cannot wake the machine"


@pytest.mark.parametrize(
    ("files", "name", "state", "why"),
    [
        (BOND, "bond0", "none", f"bond0 is a bond, {NO_CARD}. Ask for what it is made of: eth0, eth1"),
        (BRIDGE, "br0", "none", f"br0 is a bridge, {NO_CARD}"),
        ({}, "lo", "none", f"lo is virtual, {NO_CARD}"),
        ({}, "eth9", "probe_failed", "there is no interface eth9; there are: eth0, lo"),
        ({}, "../../power", "probe_failed", "there is no interface ../../power; there are: eth0, lo"),
    ],
)
def test_what_is_no_card(files: dict[str, str], name: str, state: str, why: str) -> None:
    one = card(machine(BASE, files={f"/sys/class/net/{path}": text for path, text in files.items()}), name)
    assert (one.state, one.why) == (state, why)
