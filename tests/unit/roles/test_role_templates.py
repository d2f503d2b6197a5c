"""What the roles write on a host, rendered and held against expected files."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from role_kit import expected, render

CARD: dict[str, t.Any] = {
    "mac": "52:54:00:77:00:44",
    "permanent_mac": "52:54:00:77:00:44",
    "driver": "e1000e",
    "chain": [],
}

#: What `systemd-analyze cat-config systemd/network/99-default.link` prints, with a drop-in of the administrator.
DEFAULT_LINK = """\
# /usr/lib/systemd/network/99-default.link
# SPDX-License-Identifier: MIT-0

[Match]
OriginalName=*

[Link]
NamePolicy=keep kernel database onboard slot path
AlternativeNamesPolicy=database onboard slot path
MACAddressPolicy=persistent

# /etc/systemd/network/99-default.link.d/mtu.conf
[Link]
MTUBytes=9000
WakeOnLan=off
WakeOnLanPassword=00:00:00:00:00:00

[SR-IOV]
VirtualFunction=0
"""

LINK: dict[str, t.Any] = {
    "__wake_on_lan_card": CARD,
    "__wake_on_lan_base": "/usr/lib/systemd/network/99-default.link",
    "__wake_on_lan_base_text": DEFAULT_LINK,
    "wake_on_lan_secureon": "",
}

INTERFACES = """\
# the loopback interface
auto lo
iface lo inet loopback

auto eth0
iface eth0 inet static
    address 192.0.2.11/24
    ethernet-wol d
    up ip route add 198.51.100.0/24 via 192.0.2.1
iface eth0 inet6 auto

allow-hotplug eth01
iface eth01 inet dhcp
    ethernet-wol p
source /etc/network/interfaces.d/*
"""


def link(**more: t.Any) -> str:
    return render("wake_on_lan/templates/wake_on_lan.link.j2", **{**LINK, **more})


def interfaces(text: str, word: str = "g") -> str:
    return render(
        "wake_on_lan/templates/interfaces.j2",
        __wake_on_lan_name="eth0",
        __wake_on_lan_ifup_text=text,
        __wake_on_lan_ifup_word=word,
    )


def test_the_link_file_arms_the_card_and_keeps_what_applied_before() -> None:
    assert link() == expected("magic.link")


def test_the_link_file_with_a_password_takes_no_packet_without_it() -> None:
    assert link(wake_on_lan_secureon="00:11:22:33:44:55") == expected("secureon.link")


def test_the_link_file_of_a_host_whose_udev_has_no_file_for_it() -> None:
    text = link(__wake_on_lan_base_text="")
    assert "WakeOnLan=magic" in text
    assert "NamePolicy" not in text


def test_the_link_file_names_the_burnt_in_address_as_a_bond_gives_its_cards_another() -> None:
    card = {**CARD, "mac": "02:00:00:00:00:01"}
    assert "MACAddress=52:54:00:77:00:44\n" in link(__wake_on_lan_card=card)
    assert "MACAddress=02:00:00:00:00:01\n" in link(__wake_on_lan_card={**card, "permanent_mac": ""})


def test_ifupdown_gets_the_option_once_and_keeps_all_else() -> None:
    assert interfaces(INTERFACES) == expected("interfaces")


def test_ifupdown_is_not_changed_by_a_second_run() -> None:
    once = interfaces(INTERFACES)
    assert interfaces(once) == once


def test_ifupdown_with_another_interface_is_not_changed() -> None:
    text = "auto lo\niface lo inet loopback\n\niface eth01 inet dhcp\n  ethernet-wol p\n"
    assert interfaces(text) == text


@pytest.mark.parametrize(
    "chain", [[], [{"device": "0000:00:1c.0"}, {"device": "0000:00:01.0"}]], ids=["none", "bridges"]
)
def test_the_udev_rule_has_the_card_and_each_bridge_above_it(chain: list[dict[str, str]]) -> None:
    text = render(
        "wake_on_lan/templates/wake_on_lan.rules.j2",
        __wake_on_lan_name="eth0",
        __wake_on_lan_path="/sys/devices/pci0000:00/0000:00:01.0/0000:00:1c.0/0000:02:00.0",
        __wake_on_lan_card={**CARD, "chain": chain},
    )
    lines = expected("wake_on_lan.rules").splitlines(keepends=True)
    assert text == "".join(lines[: 2 + len(chain)])


def test_the_udev_rule_of_the_clock() -> None:
    text = render("rtc_wake/templates/rtc_wake.rules.j2", __rtc_wake_clock={"driver": "rtc_cmos 00:04"})
    assert text == expected("rtc_wake.rules")
