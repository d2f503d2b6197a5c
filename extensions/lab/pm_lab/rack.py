"""RACK.yml: what a lab consists of, read and checked."""
# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import functools
import re
import typing as t
import uuid

import yaml

from . import checks, faults
from .crypto import SUITES
from .identity import PRIVILEGES, Identity
from .physics import Habits

OUTLETS = "outlets"  # stands for the host of an outlet that several feeds may share


class RackError(Exception):
    """Everything that is wrong with a rack, one line each."""


@dataclasses.dataclass(frozen=True)
class AgentSpec:
    identity: Identity
    port: int = 0
    order: int = 1
    faults: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    has_guid: bool = False


@dataclasses.dataclass(frozen=True)
class BmcSpec:
    agent: AgentSpec
    own_supply: bool = False
    boot_time: float = 0.0
    acpi: bool = False


@dataclasses.dataclass(frozen=True)
class FeedSpec:
    """Has an outlet of its own (agent), or is plugged into a shared one (outlet)."""

    order: int
    agent: AgentSpec | None = None
    on: bool = True
    outlet: str = ""


@dataclasses.dataclass(frozen=True)
class OutletSpec:
    agent: AgentSpec
    on: bool = True


@dataclasses.dataclass(frozen=True)
class HostSpec:
    habits: Habits
    vars: t.Mapping[str, t.Any]
    bmc: BmcSpec | None
    feeds: t.Mapping[str, FeedSpec]


@dataclasses.dataclass(frozen=True)
class Rack:
    address: str
    outlets: t.Mapping[str, OutletSpec]
    hosts: t.Mapping[str, HostSpec]


class _Loader(yaml.SafeLoader):
    """on and off stay words, so that `lie: off` is not `lie: false`."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool",
    re.compile("^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE)$"),
    list("yYnNtTfF"),
)


def parse_yaml(text: str) -> t.Any:
    """:raises yaml.YAMLError: it is no YAML"""
    return yaml.load(text, Loader=_Loader)


def _secret(longest: int) -> checks.Check:
    def check(value: t.Any) -> bytes:
        given = checks.text(value).encode()
        if len(given) > longest:
            raise checks.Mistake(f"must not be longer than {longest} bytes")
        return given

    return check


def _or_none(check: checks.Check) -> checks.Check:
    return lambda value: None if value is None else check(value)


def _guid(value: t.Any) -> bytes:
    digits = checks.text(value).replace("-", "")
    if not re.fullmatch("[0-9a-fA-F]{32}", digits):
        raise checks.Mistake("must be 32 hexadecimal digits, dashes allowed")
    return bytes.fromhex(digits)


def _suites(value: t.Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not value or any(each not in tuple(SUITES) for each in value):
        raise checks.Mistake("must be a list of cipher suites out of 17 and 3")
    return tuple(value)


def _variables(value: t.Any) -> t.Mapping[str, t.Any]:
    if not isinstance(value, dict):
        raise checks.Mistake("must be a mapping")
    if "pm_agents" in value:
        raise checks.Mistake("pm_agents is what the lab itself writes")
    return value


def _anything(value: t.Any) -> t.Any:
    return value


def _agent_checks(outlet: bool) -> dict[str, checks.Check]:
    return {
        "port": checks.port,
        "username": _secret(16),
        "password": _secret(20),
        "kg": _or_none(_secret(20)),
        "guid": _or_none(_guid),
        "suites": _suites,
        "sessions": checks.whole,
        "order": checks.whole,
        "privilege": checks.one_of(*PRIVILEGES),
        "faults": _anything,
        **(
            {"power": checks.switch}
            if outlet
            else {"standby": checks.one_of("feeds", "own"), "boot_time": checks.number, "acpi": checks.flag}
        ),
    }


BMC_CHECKS = _agent_checks(outlet=False)
OUTLET_CHECKS = _agent_checks(outlet=True)
FEED_CHECKS: t.Mapping[str, checks.Check] = {**OUTLET_CHECKS, "outlet": checks.text}
HOST_CHECKS: t.Mapping[str, checks.Check] = {
    "power": checks.switch,
    "restore_policy": checks.one_of("always", "last", "never"),
    "boot_time": checks.number,
    "shutdown_time": checks.number,
    "vars": _variables,
    "bmc": _anything,
    "feeds": _anything,
}
RACK_CHECKS: t.Mapping[str, checks.Check] = {"address": checks.text, "outlets": _anything, "hosts": _anything}


def load(text: str) -> Rack:
    """:raises RackError: with all mistakes that were found"""
    try:
        given = parse_yaml(text)
    except yaml.YAMLError as exc:
        raise RackError(f"no YAML: {exc}") from exc
    problems: list[str] = []
    taken = checks.take("", given, RACK_CHECKS, problems)
    outlets = _each(OUTLETS, taken.get("outlets"), _outlet, problems)
    hosts = _each("hosts", taken.get("hosts"), functools.partial(_host, outlets=outlets), problems)
    if not hosts and not problems:
        problems.append("hosts: there must be at least one")
    if OUTLETS in hosts:
        problems.append(f"hosts.{OUTLETS}: this name stands for the shared outlets")
    if problems:
        raise RackError("\n".join(problems))
    return Rack(taken.get("address", "127.0.0.1"), outlets, hosts)


T = t.TypeVar("T")


def _each(
    path: str, given: t.Any, build: t.Callable[[str, t.Any, list[str]], T], problems: list[str]
) -> dict[str, T]:
    if given is not None and not isinstance(given, dict):
        problems.append(f"{path}: must be a mapping")
        return {}
    return {str(name): build(f"{path}.{name}", value, problems) for name, value in (given or {}).items()}


def _agent(
    path: str,
    taken: dict[str, t.Any],
    order: int,
    problems: list[str],
    outlet: bool,
) -> AgentSpec:
    identity = Identity(
        username=taken.get("username", b"admin"),
        password=taken.get("password", b"secret"),
        kg=taken.get("kg") or b"",
        suites=taken.get("suites", (17, 3)),
        sessions=taken.get("sessions", 8),
        guid=taken.get("guid") or uuid.uuid5(uuid.NAMESPACE_DNS, path).bytes,
        privilege=PRIVILEGES[taken.get("privilege", "administrator")],
    )
    wrong = faults.parse(f"{path}.faults", taken.get("faults"), problems, outlet)
    return AgentSpec(
        identity, taken.get("port", 0), taken.get("order", order), wrong, bool(taken.get("guid"))
    )


def _outlet(path: str, given: t.Any, problems: list[str]) -> OutletSpec:
    taken = checks.take(path, given, OUTLET_CHECKS, problems)
    return OutletSpec(_agent(path, taken, 2, problems, outlet=True), taken.get("power", True))


def _bmc(path: str, given: t.Any, problems: list[str]) -> BmcSpec:
    taken = checks.take(path, given, BMC_CHECKS, problems)
    return BmcSpec(
        _agent(path, taken, 1, problems, outlet=False),
        taken.get("standby") == "own",
        taken.get("boot_time", 0.0),
        taken.get("acpi", False),
    )


def _feed(path: str, given: t.Any, problems: list[str], outlets: t.Mapping[str, OutletSpec]) -> FeedSpec:
    taken = checks.take(path, given, FEED_CHECKS, problems)
    if "outlet" not in taken:
        agent = _agent(path, taken, 2, problems, outlet=True)
        return FeedSpec(agent.order, agent, taken.get("power", True))
    shared = taken["outlet"]
    if shared not in outlets:
        problems.append(f"{path}.outlet: {checks.unknown('outlet', shared, outlets)}")
    for key in sorted(set(taken) - {"outlet", "order"}):
        problems.append(f"{path}.{key}: belongs to the shared outlet, under outlets.{shared}")
    return FeedSpec(taken.get("order", 2), outlet=shared)


def _host(path: str, given: t.Any, problems: list[str], outlets: t.Mapping[str, OutletSpec]) -> HostSpec:
    taken = checks.take(path, given, HOST_CHECKS, problems)
    feeds = _each(f"{path}.feeds", taken.get("feeds"), functools.partial(_feed, outlets=outlets), problems)
    bmc = _bmc(f"{path}.bmc", taken["bmc"], problems) if "bmc" in taken else None
    if bmc is None and not feeds:
        problems.append(f"{path}: has neither a bmc nor feeds")
    names = {field.name for field in dataclasses.fields(Habits)}
    habits = Habits(**{key: taken[key] for key in names & set(taken)})
    return HostSpec(habits, taken.get("vars", {}), bmc, feeds)
