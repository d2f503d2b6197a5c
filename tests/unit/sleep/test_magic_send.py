"""Magic packets on their way: where they go, that they arrive, and why one could not be sent."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import socket
import subprocess
import sys
import typing as t

import collection_path
import pytest
from ansible_collections.hostpm.power.plugins.module_utils._sleep import magic

MAC = bytes.fromhex("525400123456")
#: Loopback's own broadcast: nothing leaves this machine.
LOOPBACK = "127.255.255.255"
PATIENCE = 30.0


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("255.255.255.255", "255.255.255.255"),
        ("192.0.2.255", "192.0.2.255"),
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.0/24", "192.0.2.255"),
        ("192.0.2.77/26", "192.0.2.127"),
        ("10.0.0.1/8", "10.255.255.255"),
        ("192.0.2.0/255.255.255.0", "192.0.2.255"),
        ("192.0.2.4/30", "192.0.2.7"),
    ],
)
def test_where_to(text: str, address: str) -> None:
    assert magic.broadcast_of(text) == address


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("lan", "'lan' is no address. Write a broadcast address such as"),
        ("192.0.2", "is no address"),
        ("192.0.2.256", "is no address"),
        ("192.0.2.0/33", "is no address"),
        ("fe80::1", "is IPv6, which has no broadcast"),
        ("2001:db8::/64", "is IPv6, which has no broadcast"),
        ("192.0.2.1/32", "has no broadcast address"),
        ("192.0.2.0/31", "has no broadcast address"),
    ],
)
def test_where_to_is_nowhere(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        magic.broadcast_of(text)


@pytest.fixture
def listeners() -> t.Iterator[list[socket.socket]]:
    """Two sockets that hear loopback's broadcast."""
    opened = []
    for _number in range(2):
        one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        one.settimeout(PATIENCE)
        one.bind((LOOPBACK, 0))
        opened.append(one)
    yield opened
    for one in opened:
        one.close()


def test_every_packet_is_sent_to_every_port(listeners: list[socket.socket]) -> None:
    ports = [one.getsockname()[1] for one in listeners]
    other = b"\x02\0\0\0\0\1"
    assert magic.send([MAC, other], secureon=b"1234", ports=ports, broadcast=LOOPBACK) == 4
    for one in listeners:
        assert [one.recv(2000) for _number in range(2)] == [
            magic.packet(MAC, b"1234"),
            magic.packet(other, b"1234"),
        ]


def test_an_interface_that_is_not_there() -> None:
    with pytest.raises(
        magic.NotSent, match=r"there is no interface 'nosuch0'\. Name one of .*\blo\b"
    ) as caught:
        magic.send([MAC], broadcast=LOOPBACK, interface="nosuch0")
    assert caught.value.sent == 0


def in_a_process_of_its_own(work: str, *command: str) -> str:
    """Run code that has ``magic``, ``MAC`` and ``os``; what it printed."""
    script = (
        f"import os, sys\nsys.path.insert(0, {str(collection_path.CHECKOUT)!r})\n"
        f"from plugins.module_utils._sleep import magic\nMAC = {MAC!r}\n"
    )
    done = subprocess.run(
        [*command, sys.executable, "-c", script + work],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


TRY = "try:\n    {}\nexcept magic.NotSent as exc:\n    print(exc.sent, exc)\n"


def need_root(*probe: str) -> None:
    why = "" if os.geteuid() == 0 else "only root can make a network namespace or become another user"
    if not why and probe and subprocess.run(probe, capture_output=True, check=False).returncode:
        why = f"not possible here: {' '.join(probe)}"
    if why:
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)


def test_a_user_without_the_right_to_send_frames() -> None:
    need_root()
    work = "os.setuid(65534)\n" + TRY.format("magic.send([MAC], broadcast='127.255.255.255', interface='lo')")
    said = in_a_process_of_its_own(work)
    assert said.startswith(
        "0 a magic packet as a frame was not sent: Operation not permitted. Only root (CAP_NET_RAW) "
    )
    assert "set become: true with delegate_to" in said


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            "magic.send([MAC])",
            "0 a magic packet to 255.255.255.255 was not sent: Network is unreachable. There is no ",
        ),
        (
            "magic.send([MAC], broadcast='192.0.2.255')",
            "0 a magic packet to 192.0.2.255 was not sent: Network is unreachable. There is no route to it: name ",
        ),
        (
            "magic.send([MAC], interface='lo', ports=[])",
            "0 a magic packet as a frame from lo was not sent: Network is down.",
        ),
    ],
)
def test_a_network_that_is_not_there(call: str, says: str) -> None:
    need_root("unshare", "--net", "true")
    assert in_a_process_of_its_own(TRY.format(call), "unshare", "--net").startswith(says)
