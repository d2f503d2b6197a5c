"""A BMC made of pyghmi's server: fake_bmc.py PORT LOG; the user reader has no more than its privilege."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import sys
import typing as t

from pyghmi.ipmi.bmc import Bmc
from pyghmi.ipmi.private.serversession import ServerSession

PASSWORDS = {"admin": "secret", "reader": "secret"}
USER = 2


class FakeBmc(Bmc):  # type: ignore[misc]
    """Changes its state at once and writes what happens."""

    power = "on"

    def get_power_state(self) -> str:
        return self.power

    def power_off(self) -> None:
        self.power = "off"
        log("off")

    def power_on(self) -> None:
        self.power = "on"
        log("on")


class Session(ServerSession):  # type: ignore[misc]
    """What pyghmi's server lets a session do, with a limit for reader and a word at its begin and end."""

    def _got_rakp3(self, data: t.Any) -> None:
        if data[1] == 0:
            if self.username == b"reader":
                self.maxpriv = self.clientpriv = USER
            log("open")
        super()._got_rakp3(data)

    def close_server_session(self) -> None:
        log("close")


def log(word: str) -> None:
    with open(sys.argv[2], "a", encoding="utf-8") as stream:
        stream.write(word + "\n")


def main() -> None:
    from pyghmi.ipmi.private import serversession

    serversession.ServerSession = Session
    bmc = FakeBmc(PASSWORDS, port=int(sys.argv[1]), address="127.0.0.1")
    log("ready")
    bmc.listen()


if __name__ == "__main__":
    main()
