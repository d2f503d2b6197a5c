"""The magic packet of Wake-on-LAN: the addresses it is for, its bytes, and how it is sent. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import errno
import ipaddress
import re
import socket
import struct
import typing as t

#: UDP ports that cards and switches are used to: discard and echo. The card itself looks at no port.
PORTS: t.Final = (9, 7)
#: The EtherType of a magic packet without IP.
ETHERTYPE: t.Final = 0x0842
#: The limited broadcast: this network, whichever it is.
EVERYONE: t.Final = "255.255.255.255"

_MAC: t.Final = 6
_SECUREON: t.Final = (4, 6)
#: AMD, "Magic Packet Technology" (publication 20213): six bytes of FF, then the address 16 times.
_COPIES: t.Final = 16
_FORMS: t.Final = "00:11:22:33:44:55, 00-11-22-33-44-55, 0011.2233.4455 or 001122334455"
_HEX: t.Final = re.compile(r"[0-9A-Fa-f]+", re.ASCII)

_FORBIDDEN: t.Final = (
    "Only root (CAP_NET_RAW) may send through a named interface: set become: true with delegate_to, or leave the "
    "interface out and give broadcast"
)
_ADVICE: t.Final = {
    errno.ENETDOWN: "Bring the interface up, or name another",
    errno.ENETUNREACH: "There is no route to it: name the interface, or the broadcast of a connected network",
    errno.EHOSTUNREACH: "There is no route to it: name the interface, or the broadcast of a connected network",
}


class NotSent(Exception):
    """A packet could not be sent.

    :param tried: what was tried and what came of it, without a final full stop.
    :param advice: what the operator can do next, without a final full stop; may be empty.
    :param sent: how many packets had been sent by then.
    """

    def __init__(self, tried: str, advice: str, sent: int = 0) -> None:
        super().__init__(f"{tried}. {advice}." if advice else f"{tried}.")
        self.sent = sent


def parse_mac(text: str) -> bytes:
    """Return the six bytes of a host's MAC address.

    :param text: with colons, dashes or Cisco's dots, or bare; case does not matter.
    :raises ValueError: it is no MAC address, or not one of a single host.
    """
    found = _digits(text.strip())
    if found is None or len(found) != _MAC:
        # YAML 1.1 reads 10:20:30:40:50:59 as a number of base 60
        hint = ". Put it in quotes: YAML takes one of digits for a number" if text.strip().isdigit() else ""
        raise ValueError(f"'{text}' is no MAC address. Write {_FORMS}{hint}")
    if found[0] & 1:
        raise ValueError(f"'{text}' is the address of a group, not of one card. Give the card's own address")
    if not any(found):
        raise ValueError(f"'{text}' is nobody's address. Give the card's own address")
    return found


def format_mac(mac: bytes) -> str:
    """Return it as messages write it: 00:11:22:33:44:55."""
    return mac.hex(":")


def parse_secureon(text: str) -> bytes:
    """Return the four or six bytes of a SecureOn password.

    :param text: in one of the forms of a MAC address, or four bytes as 1.2.3.4 (decimal).
    :raises ValueError: it is none; the message does not show it.
    """
    given = text.strip()
    with contextlib.suppress(ValueError):
        return ipaddress.IPv4Address(given).packed
    found = _digits(given)
    if found is None:
        raise ValueError(
            "is no SecureOn password. Write its 6 bytes as 00:11:22:33:44:55, or its 4 bytes as 00:11:22:33 or "
            "1.2.3.4 (decimal), in quotes"
        )
    if len(found) not in _SECUREON:
        raise ValueError(
            f"has {len(found)} bytes. A SecureOn password has 4 or 6: the card's, as it was set there"
        )
    return found


def _digits(text: str) -> bytes | None:
    """The bytes of hexadecimal digits, bare, in pairs with : or -, or in fours with dots."""
    separators = set(text) & set(":-.")
    if len(separators) > 1:
        return None
    groups = text.split(separators.pop()) if separators else [text]
    width = (4 if "." in text else 2) if len(groups) > 1 else len(text)
    if width % 2 or any(len(group) != width or not _HEX.fullmatch(group) for group in groups):
        return None
    return bytes.fromhex("".join(groups))


def packet(mac: bytes, secureon: bytes = b"") -> bytes:
    """Return a magic packet: the payload of a UDP datagram or of a frame.

    :param secureon: the password that the card wants, if it wants one.
    :raises ValueError: a length that no card knows.
    """
    if len(mac) != _MAC or len(secureon) not in (0, *_SECUREON):
        raise ValueError(
            f"a MAC of {len(mac)} bytes and a SecureOn password of {len(secureon)} are not possible"
        )
    return b"\xff" * _MAC + mac * _COPIES + secureon


def broadcast_of(text: str) -> str:
    """Return the IPv4 address to send to.

    :param text: an address, or a network with its prefix (192.0.2.0/24), whose directed broadcast it is.
    :raises ValueError: it is neither, or has no broadcast.
    """
    given = text.strip()
    try:
        network = ipaddress.ip_network(given, strict=False)
    except ValueError:
        raise ValueError(
            f"'{text}' is no address. Write a broadcast address such as 192.0.2.255, or a network such as 192.0.2.0/24"
        ) from None
    if network.version != 4:
        raise ValueError(
            f"'{text}' is IPv6, which has no broadcast. Give the IPv4 one, or name the interface"
        )
    if "/" not in given:
        return str(network.network_address)
    if network.prefixlen > 30:
        raise ValueError(f"'{text}' has no broadcast address. Give the network of the host's card")
    return str(network.broadcast_address)


def send(
    macs: t.Iterable[bytes],
    *,
    secureon: bytes = b"",
    ports: t.Iterable[int] = PORTS,
    broadcast: str = EVERYONE,
    interface: str = "",
) -> int:
    """Send one packet for each MAC and port, and return how many packets that were.

    :param interface: leave by this one, whatever the routes say, and send each also as a frame of its own
        (EtherType 0x0842); Linux, as root.
    :raises NotSent: the first that could not be sent.
    """
    packets = [packet(mac, secureon) for mac in macs]
    sent = 0
    try:
        with contextlib.ExitStack() as opened:
            frames = opened.enter_context(_raw(interface)) if interface else None
            datagrams = opened.enter_context(_udp(interface))
            for payload in packets:
                for port in ports:
                    with _explained(f"to {broadcast}", interface):
                        datagrams.sendto(payload, (broadcast, port))
                    sent += 1
                if frames is not None:
                    with _explained(f"as a frame from {interface}", interface):
                        source = frames.getsockname()[4]
                        frames.send(b"\xff" * _MAC + source + struct.pack("!H", ETHERTYPE) + payload)
                    sent += 1
    except NotSent as exc:
        exc.sent = sent
        raise
    return sent


@contextlib.contextmanager
def _udp(interface: str) -> t.Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as opened:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        if interface:
            with _explained(f"through {interface}", interface):
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
        yield opened


@contextlib.contextmanager
def _raw(interface: str) -> t.Iterator[socket.socket]:
    """A socket for frames of our own; it receives none."""
    if not hasattr(socket, "AF_PACKET"):
        raise NotSent("an interface can be named only where Linux runs", "Give broadcast instead")
    names = [name for _index, name in socket.if_nameindex()]
    if interface not in names:
        raise NotSent(f"there is no interface '{interface}'", f"Name one of {', '.join(sorted(names))}")
    with contextlib.ExitStack() as stack:
        with _explained("as a frame", interface):
            opened = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0))
            opened.bind((interface, 0))
        if len(opened.getsockname()[4]) != _MAC:
            raise NotSent(
                f"{interface} is no Ethernet interface", "Name one in the network of the host's card"
            )
        yield opened


@contextlib.contextmanager
def _explained(how: str, interface: str) -> t.Iterator[None]:
    """Turn an error of the system into NotSent, with what helps against it."""
    try:
        yield
    except OSError as exc:
        if exc.errno in (errno.EPERM, errno.EACCES):
            advice = _FORBIDDEN if interface else "Look at the packet filter there"
        else:
            advice = _ADVICE.get(exc.errno or 0, "Look at the network there")
        why = exc.strerror or type(exc).__name__
        raise NotSent(f"a magic packet {how} was not sent: {why}", advice) from exc
