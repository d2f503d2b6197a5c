"""The options of pm_wake as an argument spec, and what they come to: all mistakes at once. Private to hostpm.power."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import math
import re
import typing as t

from .._options import LONGEST
from .._sleep.magic import EVERYONE, PORTS, broadcast_of, parse_mac, parse_secureon
from .model import RUNGS, Packets, Wake, turn_of
from .reach import Target

WAKE_OPTIONS: t.Final[dict[str, dict[str, t.Any]]] = {
    "mac": {"type": "list", "elements": "str"},
    "secureon": {"type": "str", "no_log": True},
    "broadcast": {"type": "str"},
    "interface": {"type": "str"},
    "ports": {"type": "list", "elements": "int", "default": list(PORTS)},
    "due": {"type": "raw"},
    "rungs": {"type": "list", "elements": "str", "choices": list(RUNGS)},
    "timeout": {"type": "float", "default": Wake.timeout},
    "interval": {"type": "float", "default": Wake.interval},
    "stagger": {"type": "float", "default": Wake.stagger},
    "reach": {"type": "str", "default": "ssh", "choices": ["ssh", "tcp", "none"]},
    "reach_address": {"type": "str"},
    "reach_port": {"type": "int"},
    "verify_from": {"type": "str", "default": "controller", "choices": ["controller", "proxy"]},
    # no_log: they hold passwords, which their drivers' own specs mark; here they are not taken apart
    "agents": {"type": "list", "elements": "dict", "no_log": True},
    "agent_timeout": {"type": "float", "default": 20.0},
    "host": {"type": "str"},
    "proxy": {"type": "str", "default": "localhost"},
    "place": {"type": "int", "default": 0},
    "only_send": {"type": "bool", "default": False},
}

#: What the action plugin sets; users never do.
SET_BY_ACTION: t.Final = ("host", "proxy", "place", "only_send")

#: Packets that follow each other faster flood the network and wake nobody sooner (s).
SHORTEST_INTERVAL: t.Final = 0.1
SSH_PORT: t.Final = 22

#: From here on a number is a moment (Unix time), not a number of seconds.
_MOMENT: t.Final = 1e9


T = t.TypeVar("T")


class Reader:
    """Turns validated options into a :class:`Wake`; ``mistakes`` collects what makes no sense.

    :param now: the Unix time, from which a moment that is ``due`` is counted.
    """

    def __init__(self, params: t.Mapping[str, t.Any], now: float) -> None:
        self.mistakes: list[str] = []
        self._params = params
        self._now = now

    def wake(self, agents: t.Sequence[str]) -> Wake | None:
        """Return what is asked for, or None where there are mistakes.

        :param agents: the labels of the host's agents.
        """
        params = self._params
        self._numbers()
        due, packets, target = self._due(), self._packets(), self._target()
        rungs, left_out = self._rungs(due, packets, agents)
        if self.mistakes:
            return None
        return Wake(
            host=params["host"],
            rungs=rungs,
            left_out=left_out,
            timeout=params["timeout"],
            interval=params["interval"],
            turn=turn_of(params["place"], params["stagger"], looks=target is not None),
            stagger=params["stagger"],
            due=due,
            target=target,
            packets=packets,
            agents=tuple(agents),
        )

    def _numbers(self) -> None:
        least = {"timeout": 0.0, "agent_timeout": 0.0, "interval": SHORTEST_INTERVAL, "stagger": 0.0}
        for name, bound in least.items():
            value = self._params[name]
            if math.isfinite(value) and value > LONGEST:
                self._wrong(name, f"{value:g} s is too long. Give a day ({LONGEST} s) or less.")
            elif name == "stagger" and not value >= 0:
                self._wrong(name, f"{value:g} s is not possible. Give 0 or more seconds.")
            elif name == "interval" and not bound <= value < math.inf:
                self._wrong(name, f"{value:g} s is too short. Give {bound:g} s or more.")
            elif not math.isfinite(value) or (name.endswith("timeout") and value <= 0):
                self._wrong(name, f"{value:g} s is no time to work in. Give a number of seconds above 0.")

    def _due(self) -> float | None:
        """Seconds from now; less than 0: it was due before."""
        given = self._params["due"]
        if given is None or given == "":
            return None
        seconds = _seconds(given, self._now)
        if seconds is None or not math.isfinite(seconds):
            self._wrong(
                "due", f"'{given}' is neither a number of seconds nor a moment such as 2030-01-31T06:00:00Z."
            )
        return seconds

    def _packets(self) -> Packets | None:
        """What the magic packets are, where a MAC is given; what else is wrong is told without one too."""
        params = self._params
        macs = self._each("mac", params["mac"] or [], parse_mac)
        (secureon,) = self._each("secureon", [params["secureon"] or None], parse_secureon) or (b"",)
        (broadcast,) = self._each("broadcast", [params["broadcast"] or None], broadcast_of) or (EVERYONE,)
        interface = params["interface"] or ""
        if not re.fullmatch(r"[^\s/]{0,15}", interface):
            self._wrong("interface", f"'{interface}' is no name of an interface, such as eth0.")
        ports = params["ports"]
        for port in ports:
            self._port("ports", port)
        if not ports:
            self._wrong("ports", f"is empty. Leave it out for {' and '.join(map(str, PORTS))}.")
        if not macs or self.mistakes:
            return None
        return Packets(
            tuple(dict.fromkeys(macs)), secureon, tuple(dict.fromkeys(ports)), broadcast, interface
        )

    def _each(self, name: str, given: t.Iterable[str | None], parse: t.Callable[[str], T]) -> list[T]:
        found = []
        for value in given:
            if value is not None:
                try:
                    found.append(parse(value))
                except ValueError as exc:
                    self._wrong(name, f"{exc}.")
        return found

    def _target(self) -> Target | None:
        params = self._params
        if params["reach"] == "none":
            if params["verify_from"] == "proxy":
                self._wrong(
                    "verify_from", "proxy has nothing to verify with reach: none. Leave one of them out."
                )
            return None
        port = params["reach_port"]
        if port is not None:
            self._port("reach_port", port)
        address = str(params["reach_address"] or params["host"]).strip("[]")
        return Target(str(params["reach"]), address, SSH_PORT if port is None else port)

    def _port(self, name: str, port: int) -> None:
        if not 0 < port < 65536:
            self._wrong(name, f"{port} is no port. Give a number from 1 to 65535.")

    def _rungs(
        self, due: float | None, packets: Packets | None, agents: t.Sequence[str]
    ) -> tuple[tuple[str, ...], dict[str, str]]:
        """The rungs that have what they need, and why the others are left out; one that was named must have it."""
        named = self._params["rungs"]
        lacks = {
            "rtc": "" if due is not None else "it is not known when its own alarm is due: give due",
            "magic": ""
            if self._params["mac"]
            else "no MAC address: set the host's variable pm_mac, or the option mac",
            "agent": "" if agents else "no agents: set the host's variable pm_agents, or the option agents",
        }
        if due is not None and due >= self._params["timeout"]:
            lacks["rtc"] = (
                f"its own alarm is due in {due:.0f} s, and timeout is {self._params['timeout']:g} s: "
                "raise timeout"
            )
        if named is not None:
            for rung in dict.fromkeys(named):
                if lacks[rung]:
                    self._wrong("rungs", f"{rung} was asked for, but {lacks[rung]}.")
            if not named:
                self._wrong("rungs", f"is empty. Leave it out for {', '.join(RUNGS)}.")
            return tuple(dict.fromkeys(named)), {rung: "not asked for" for rung in RUNGS if rung not in named}
        if all(lacks.values()):
            ways = "; ".join(lacks[rung] for rung in ("magic", "agent", "rtc"))
            self._wrong("", f"nothing to wake it with: {ways}.")
        return (
            tuple(rung for rung in RUNGS if not lacks[rung]),
            {rung: why for rung, why in lacks.items() if why},
        )

    def _wrong(self, name: str, why: str) -> None:
        self.mistakes.append(f"{name}{': ' if name else ''}{why}")


def _seconds(given: t.Any, now: float) -> float | None:
    try:
        number = float(given)
    except (TypeError, ValueError):
        try:
            moment = datetime.datetime.fromisoformat(re.sub(r"[Zz]$", "+00:00", str(given).strip()))
        except ValueError:
            return None
        # without an offset it would be this machine's time, or the host's: nobody knows
        return moment.timestamp() - now if moment.tzinfo else None
    return number - now if number >= _MOMENT else number
