"""Hosts that sleep until their magic packet comes: python wake_sleepers.py CONFIG LOG; ends with its standard input.

CONFIG is JSON: ``hosts``, a list of ``{mac, secureon, address, port, hears, awake}``; ``udp``, the ports listened at, 0
for any; ``frames``, the interface on which frames are listened for, or nothing. A host wakes up when exactly its packet
comes in one of the ways that it ``hears`` (udp, frame), then an ssh server answers at its address. What is heard is
written to LOG, one JSON line for each packet. Says ``ready`` and the UDP ports when it listens.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import asyncio
import json
import socket
import sys
import typing as t

ETHERTYPE = 0x0842
HEADER = 14


class Host:
    """One host: its own packet, and the server that answers once it is awake."""

    def __init__(self, config: t.Mapping[str, t.Any]) -> None:
        # written out here, not with the code under test
        mac = bytes.fromhex(config["mac"])
        self.packet = bytes([255] * 6) + b"".join([mac] * 16) + bytes.fromhex(config.get("secureon", ""))
        self.hears = config.get("hears", ["udp", "frame"])
        self.awake = False
        self._address = (config["address"], config["port"])

    async def wake(self) -> None:
        if not self.awake:
            self.awake = True
            await asyncio.start_server(self._answer, *self._address)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-sleeper\r\n")
        await reader.read()
        writer.close()


class Network:
    """Hears all that is sent to the hosts."""

    def __init__(self, config: t.Mapping[str, t.Any], log: t.TextIO) -> None:
        self._hosts = [Host(one) for one in config["hosts"]]
        self._awake = [host for host, one in zip(self._hosts, config["hosts"]) if one.get("awake")]
        self._config = config
        self._log = log
        self._waking: set[asyncio.Future[None]] = set()

    async def listen(self) -> list[int]:
        loop = asyncio.get_running_loop()
        ports = []
        for port in self._config["udp"]:
            one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            one.bind(("0.0.0.0", port))
            ports.append(one.getsockname()[1])
            loop.add_reader(one, self._udp, one, ports[-1])
        if self._config.get("frames"):
            frames = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETHERTYPE))
            frames.bind((self._config["frames"], ETHERTYPE))
            loop.add_reader(frames, self._frame, frames)
        for host in self._awake:
            await host.wake()
        return ports

    def _udp(self, one: socket.socket, port: int) -> None:
        payload, (sender, _port) = one.recvfrom(2000)
        self._heard("udp", payload, port=port, sender=sender)

    def _frame(self, frames: socket.socket) -> None:
        frame = frames.recv(2000)
        self._heard("frame", frame[HEADER:], to=frame[:6].hex())

    def _heard(self, how: str, payload: bytes, **more: t.Any) -> None:
        self._log.write(json.dumps({"how": how, "payload": payload.hex(), **more}) + "\n")
        self._log.flush()
        for host in self._hosts:
            if how in host.hears and payload == host.packet:
                task = asyncio.ensure_future(host.wake())
                self._waking.add(task)
                task.add_done_callback(self._waking.discard)


async def main() -> None:
    config = json.loads(sys.argv[1])
    with open(sys.argv[2], "a", encoding="utf-8") as log:
        ports = await Network(config, log).listen()
        print("ready", *ports, flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main())
