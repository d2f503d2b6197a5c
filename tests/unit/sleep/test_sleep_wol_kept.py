"""Whether a card is armed again after a boot: NetworkManager, ifupdown, .link files, and which of them wins."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep.wol_kept import Kept, kept_after_boot
from sleep_kit import command, machine

MAC = "02:00:00:00:00:01"
ETH0 = "/sys/class/net/eth0"
BASE = {"files": {f"{ETH0}/name_assign_type": "4\n", f"{ETH0}/ifindex": "2\n"}}
UDEV = {"/run/udev/control": True}
NM = {"/run/NetworkManager": True}
FILE = "/etc/systemd/network/50-a.link"
BY_FILE = f"systemd ({FILE})"
PRINT = ("NetworkManager", "--print-config")


def kept(**changes: t.Any) -> Kept:
    found = kept_after_boot(machine(BASE, **changes), "eth0", MAC, MAC, "e1000e")
    assert found.why
    return found


def told(**changes: t.Any) -> tuple[str, str]:
    found = kept(**changes)
    return found.state, found.by


def nmcli(setting: str, uuid: str = "1-2") -> list[dict[str, t.Any]]:
    return [
        command("nmcli", "-g", "GENERAL.CON-UUID", "device", "show", "eth0", out=f"{uuid}\n"),
        command("nmcli", "-g", "802-3-ethernet.wake-on-lan", "connection", "show", uuid, out=f"{setting}\n"),
        command(*PRINT, out="[main]\nplugins=keyfile\n"),
    ]


def link(match: str, wol: str = "magic", file: str = FILE) -> dict[str, str]:
    setting = f"WakeOnLan={wol}\n" if wol else ""
    return {file: f"# a comment\n[Match]\n{match}\n\n[Link]\nMACAddressPolicy=persistent\n{setting}"}


def interfaces(*lines: str) -> dict[str, str]:
    stanza = "\n    ".join(["auto eth0\niface eth0 inet dhcp", *lines])
    return {
        "/etc/network/interfaces": f"# für alle\niface lo inet loopback\n\n{stanza}\n\niface eth1 inet manual\n"
    }


def test_nothing_sets_it() -> None:
    assert kept() == Kept(
        "no",
        "",
        "nothing here sets it when the machine starts: what the card's driver does by itself is left",
    )


@pytest.mark.parametrize(
    ("setting", "expected"),
    [
        ("magic", ("yes", "NetworkManager")),
        ("0x44 (unicast, magic)", ("yes", "NetworkManager")),
        ("phy", ("no", "NetworkManager")),
        ("0", ("no", "NetworkManager")),
        ("ignore", ("no", "")),
        ("default", ("no", "")),
    ],
)
def test_a_connection_of_network_manager(setting: str, expected: tuple[str, str]) -> None:
    assert told(exists=NM, commands=nmcli(setting)) == expected


def test_a_card_that_network_manager_does_not_manage() -> None:
    assert told(exists=NM, commands=nmcli("magic", uuid="--")) == ("no", "")
    assert told(exists=NM, commands=nmcli("magic", uuid="")) == ("no", "")


def test_a_default_of_network_manager_is_not_followed_to_its_cards() -> None:
    printed = command(*PRINT, out="[connection]\nethernet.wake-on-lan=64\n")
    assert told(exists=NM, commands=[printed, *nmcli("default")]) == ("unknown", "NetworkManager")


def test_a_network_manager_that_does_not_answer() -> None:
    failed = command("nmcli", "-g", "GENERAL.CON-UUID", "device", "show", "eth0", rc=10, err="no such device")
    assert kept(exists=NM, commands=[failed]).why == (
        "nmcli -g GENERAL.CON-UUID device show eth0 ended with 10: 'no such device'"
    )
    assert kept(exists=NM).why == "NetworkManager runs, but nmcli is missing"
    assert told(exists=NM) == ("unknown", "")


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        (["ethernet-wol g"], "yes"),
        (["ethernet-wol pg"], "yes"),
        (["ethernet-wol s"], "yes"),
        (["ethernet-wol d"], "no"),
        (["post-up /usr/sbin/ethtool -s $IFACE wol g || true"], "yes"),
        (["up ethtool --change eth0 wol d"], "no"),
    ],
)
def test_ifupdown(lines: list[str], state: str) -> None:
    assert told(files=interfaces(*lines)) == (state, "ifupdown")
    moved = {"/etc/network/interfaces.d/x": interfaces(*lines)["/etc/network/interfaces"]}
    assert told(files=moved) == (state, "ifupdown")


@pytest.mark.parametrize(
    "text",
    [
        "iface eth0 inet dhcp\n    # ethernet-wol g\n    # up ethtool -s eth0 wol g\n",
        "iface eth1 inet dhcp\n    ethernet-wol g\n",
        "iface eth0 inet dhcp\niface eth1 inet dhcp\n    ethernet-wol g\n",
        "iface eth0 inet dhcp\nsource-directory /etc/x\n    ethernet-wol g\n",
        "",
    ],
)
def test_ifupdown_says_nothing_of_this_card(text: str) -> None:
    assert told(files={"/etc/network/interfaces": text}) == ("no", "")


def test_a_file_that_this_user_may_not_read() -> None:
    for path in ("/etc/network/interfaces", FILE):
        found = kept(uid=1000, exists=UDEV, files={path: {"error": "EACCES"}})
        assert (found.state, found.why) == ("unknown", f"cannot read {path}: needs root: run with become")


@pytest.mark.parametrize(
    "match",
    [
        "OriginalName=*",
        "OriginalName=eth*",
        "OriginalName=wl* eth0",
        "MACAddress=02-00-00-00-00-01",
        "PermanentMACAddress=02:00:00:00:00:09 02:00:00:00:00:01",
        "Driver=e1000*\nType=ether",
        "Driver=!virtio_net veth",
        "Path=pci-0000:02:*",
    ],
)
@pytest.mark.parametrize(
    ("wol", "state"),
    [("magic", "yes"), ("phy magic", "yes"), ("secureon", "yes"), ("off", "no"), ("phy", "no")],
)
def test_a_link_file_for_this_card(match: str, wol: str, state: str) -> None:
    udev = {"/run/udev/data/n2": "I:1\nE:ID_PATH=pci-0000:02:00.0\n"}
    assert told(exists=UDEV, files={**udev, **link(match, wol)}) == (state, BY_FILE)


def test_without_udev_nobody_reads_link_files() -> None:
    assert told(files=link("OriginalName=*")) == ("no", "")


@pytest.mark.parametrize(
    "match",
    [
        "MACAddress=02:00:00:00:00:09",
        "Driver=!e1000e",
        "Type=wlan",
        "OriginalName=!eth*",
        "Type=ether\nDriver=igb",
        "",
    ],
)
def test_a_link_file_for_another_card(match: str) -> None:
    assert told(exists=UDEV, files=link(match)) == ("no", "")


@pytest.mark.parametrize(
    "match", ["Path=pci-*", "Firmware=x", "OriginalName=enp9s0", "Type=ether\nKernelVersion=>6"]
)
def test_a_link_file_that_may_be_for_this_card(match: str) -> None:
    assert told(exists=UDEV, files=link(match)) == ("unknown", BY_FILE)
    assert told(exists=UDEV, files=link(match, wol="")) == ("no", "")


def test_a_card_that_was_never_renamed_has_its_first_name() -> None:
    files = {f"{ETH0}/name_assign_type": "1", **link("OriginalName=enp9s0")}
    assert told(exists=UDEV, files=files) == ("no", "")


def test_the_first_file_by_name_counts_wherever_it_lies() -> None:
    silent = link("OriginalName=*", "", "/usr/lib/systemd/network/40-a.link")
    assert told(exists=UDEV, files={**silent, **link("OriginalName=*")}) == ("no", "")
    later = link("OriginalName=*", "off", "/usr/lib/systemd/network/60-a.link")
    assert told(exists=UDEV, files={**later, **link("OriginalName=*")}) == ("yes", BY_FILE)


def test_a_file_of_etc_hides_one_of_the_same_name() -> None:
    hidden = link("OriginalName=*", "off", "/usr/lib/systemd/network/50-a.link")
    assert told(exists=UDEV, files={**hidden, **link("OriginalName=*")}) == ("yes", BY_FILE)
    masked = {FILE: "", "/usr/lib/systemd/network/50-a.link": link("OriginalName=*")[FILE]}
    assert told(exists=UDEV, files=masked) == ("no", "")


@pytest.mark.parametrize(
    ("first", "then", "state", "words"),
    [
        ("", "magic", "yes", "magic"),
        ("off", "magic", "yes", "magic"),
        ("phy", "magic", "yes", "phy magic"),
        ("secureon", "phy", "yes", "secureon phy"),
        ("magic", "off", "no", "off"),
        ("phy magic", "", "no", ""),
        ("magic", "\nWakeOnLan=phy", "no", "phy"),
    ],
)
def test_a_drop_in_adds_to_its_file(first: str, then: str, state: str, words: str) -> None:
    """systemd.link(5): the lines add up; off and an empty one take back those before."""
    drop_in = {"/run/systemd/network/50-a.link.d/x.conf": f"[Link]\nWakeOnLan={then}\n"}
    found = kept(exists=UDEV, files={**link("OriginalName=*", first), **drop_in})
    assert (found.state, found.by) == (state, BY_FILE if words else "")
    assert not words or found.why == f"it sets WakeOnLan={words}"


@pytest.mark.parametrize(
    ("lines", "state"),
    [
        ("Driver=igb\nDriver=e1000e", "yes"),
        ("Driver=e1000e\nDriver=", "no"),
        ("Driver=!igb\nDriver=!e1000e", "no"),
        ("MACAddress=02:00:00:00:00:01\nMACAddress=02:00:00:00:00:09", "yes"),
    ],
)
def test_the_lines_of_a_match_add_up_too(lines: str, state: str) -> None:
    assert told(exists=UDEV, files=link(lines))[0] == state


@pytest.mark.parametrize("wol", ["", "off", "phy", "secureon", "magic"])
def test_a_password_arms_the_card_with_secureon(wol: str) -> None:
    """systemd.link(5): secureon is implied when WakeOnLanPassword= is specified. It is not shown."""
    text = f"{link('OriginalName=*', wol)[FILE]}WakeOnLanPassword=00:de:ad:be:ef:00\n"
    found = kept(exists=UDEV, files={FILE: text})
    assert (found.state, found.by) == ("yes", BY_FILE)
    assert found.why.endswith("secureon")
    assert "de:ad" not in repr(found)


def test_what_manages_the_card_comes_after_the_link_file() -> None:
    files = link("OriginalName=*")
    assert told(exists={**UDEV, **NM}, files=files, commands=nmcli("phy")) == ("no", "NetworkManager")
    assert told(exists={**UDEV, **NM}, files=files, commands=nmcli("default")) == ("yes", BY_FILE)
    assert told(exists=UDEV, files={**files, **interfaces("ethernet-wol d")}) == ("no", "ifupdown")


def test_wicked_is_not_looked_at() -> None:
    assert told(files={"/etc/sysconfig/network/ifcfg-eth0": "STARTMODE=auto\n"}) == ("unknown", "")
