"""Names of devices: one that does not exist, and a resolver that never answers. Both need a resolver of our own."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import threading
import typing as t

import pytest
from play_kit import Console, MakeConsole, Run, fence

NO_SUCH_NAME = 0x8183
NAME = "bmc.hostpm.example"
#: Bind-mounts our resolv.conf over the machine's, in a mount namespace of the command's own.
MOUNT = 'mount --bind "$0" /etc/resolv.conf && mount --bind "$1" /etc/nsswitch.conf && shift && exec "$@"'


def _why_not() -> str:
    if os.geteuid() != 0:
        return "only root can give a command a resolver of its own"
    probe = subprocess.run(
        ["unshare", "--mount", "mount", "--bind", "/etc/hosts", "/etc/hosts"],
        capture_output=True,
        check=False,
    )
    return "" if probe.returncode == 0 else f"no mount namespace here: {probe.stderr.decode().strip()}"


@pytest.fixture
def resolver() -> t.Iterator[socket.socket]:
    """A name server on an address of the loopback network that is nobody else's; it answers nothing by itself."""
    if why := _why_not():
        assert os.environ.get("CI") != "true", why
        pytest.skip(why)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((f"127.{random.randint(2, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}", 53))
        yield server


def read_status(here: Console, server: socket.socket, **options: t.Any) -> Run:
    resolv = here.write("resolv.conf", f"nameserver {server.getsockname()[0]}\n")
    switch = here.write("nsswitch.conf", "hosts: files dns\npasswd: files\n")
    playbook = here.write_play([fence(action="status", **options)])
    command = [
        "unshare",
        "--mount",
        "sh",
        "-c",
        MOUNT,
        str(resolv),
        str(switch),
        "ansible-playbook",
        playbook,
    ]
    return here.run(*command)


def host_of(name: str) -> dict[str, t.Any]:
    return {
        "pm_agents": [{"name": "bmc", "ipmi": {"address": name, "username": "admin", "password": "hush"}}]
    }


def test_a_name_that_does_not_resolve(resolver: socket.socket, console: MakeConsole) -> None:
    done = threading.Event()

    def refuse() -> None:
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                query, peer = resolver.recvfrom(512)
                resolver.sendto(
                    query[:2] + NO_SUCH_NAME.to_bytes(2, "big") + query[4:6] + bytes(6) + query[12:], peer
                )

    resolver.settimeout(0.1)
    server = threading.Thread(target=refuse)
    server.start()
    try:
        run = read_status(console({"node": host_of(NAME)}), resolver)
    finally:
        done.set()
        server.join()
    result = run.result("node")
    assert result["outcome"] == "indeterminate"
    expected = f"pm_agents[0] 'bmc' ({NAME}): the name '{NAME}' does not resolve"
    assert expected in result["msg"]
    assert "/etc/resolv.conf" in result["msg"]


def test_a_resolver_that_hangs(resolver: socket.socket, console: MakeConsole) -> None:
    run = read_status(console({"node": host_of(NAME)}), resolver, timeout=3)
    result = run.result("node")
    assert result["outcome"] == "indeterminate"
    assert f"pm_agents[0] 'bmc' ({NAME}): " in result["msg"]
    assert {step["error"] for step in result["steps"]} == {"deadline_exceeded"}
    assert "waiting for the resolver to look up" in result["msg"]
    resolver.setblocking(False)
    assert resolver.recv(512), "it was really asked"
