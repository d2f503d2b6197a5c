"""The UDP port of an agent: a non-blocking socket watched by the loop."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import contextlib
import socket
import typing as t

from .session import Address

BATCH = 64  # datagrams taken at once, so that one busy agent does not hold up the others


class Port:
    """Can be closed and opened again; keeps its number once it has one."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        address: str,
        number: int,
        receive: t.Callable[[bytes, Address], None],
    ) -> None:
        self._loop = loop
        self._address = address
        self._receive = receive
        self._socket: socket.socket | None = None
        self.number = number

    def open(self) -> None:
        """:raises OSError: the port is in use, or the address is none of this machine's"""
        if self._socket is not None:
            return
        family, kind, protocol, _unused, where = socket.getaddrinfo(
            self._address, self.number, type=socket.SOCK_DGRAM
        )[0]
        opened = socket.socket(family, kind, protocol)
        try:
            opened.setblocking(False)
            opened.bind(where)
        except OSError:
            opened.close()
            raise
        self.number = opened.getsockname()[1]
        self._socket = opened
        self._loop.add_reader(opened, self._readable, opened)

    def close(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None

    def send(self, datagram: bytes, peer: Address) -> None:
        if self._socket is not None:
            with contextlib.suppress(OSError):  # a full buffer, a client that is gone: UDP promises nothing
                self._socket.sendto(datagram, peer)

    def _readable(self, opened: socket.socket) -> None:
        for _unused in range(BATCH):
            try:
                datagram, peer = opened.recvfrom(2048)
            except OSError:
                return
            self._receive(datagram, peer)
            if self._socket is not opened:
                return
