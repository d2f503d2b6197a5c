"""From pm_agents as users write it to checked agents: what is made of it, and the message of every mistake."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.hostpm.power.plugins.module_utils import _agents
from ansible_collections.hostpm.power.plugins.module_utils._fencing.model import Agent, Role
from ansible_collections.hostpm.power.plugins.module_utils._secrets import MASK, Secrets

PASSWORD = "Tr0ub4dor"


class Outlet:
    """A driver that could control anything, so that its agents must say their role."""

    ROLE: Role | None = None
    ACTIONS = frozenset({"off", "on"})
    OPTIONS: t.ClassVar[dict[str, dict[str, t.Any]]] = {
        "address": {"type": "str", "required": True},
        "plug": {"type": "int", "default": 1},
        "secrets": {"type": "dict", "no_log": True},
    }
    DOCS: t.ClassVar[dict[str, list[str]]] = {}

    @staticmethod
    def device(options: t.Mapping[str, t.Any]) -> str:
        return f"outlet {options['address']} {options['plug']}"

    @staticmethod
    def check(options: t.Mapping[str, t.Any]) -> list[str]:
        if options["plug"] <= 99:
            return []
        return [f"plug {options['plug']} of {options['address']} is above 99. Look at its label."]

    @staticmethod
    def address(options: t.Mapping[str, t.Any]) -> str:
        return str(options["address"])


@pytest.fixture(autouse=True)
def two_drivers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside ipmi there is a driver outlet."""
    monkeypatch.setitem(_agents.DRIVERS, "outlet", Outlet)
    for name in list(_agents.DRIVERS):
        if name not in ("ipmi", "outlet"):
            monkeypatch.delitem(_agents.DRIVERS, name)
    monkeypatch.setitem(_agents.AGENT_OPTIONS, "outlet", {"type": "dict", "options": dict(Outlet.OPTIONS)})


def parse(*raw: t.Any) -> tuple[tuple[Agent, ...], list[str]]:
    host, mistakes = _agents.parse_agents("node1", raw, Secrets())
    return host.agents, mistakes


def ipmi(**changes: t.Any) -> dict[str, t.Any]:
    return {"address": "10.0.0.1", "username": "admin", "password": PASSWORD, **changes}


def test_a_plain_bmc() -> None:
    (agent,), mistakes = parse({"ipmi": ipmi()})
    assert mistakes == []
    assert (agent.name, agent.role, agent.order, agent.feed) == ("ipmi0", Role.CHASSIS, 1, "")
    assert agent.label == "pm_agents[0] 'ipmi0' (10.0.0.1)"
    assert (agent.options["port"], agent.options["privilege"]) == (623, "administrator")


@pytest.mark.parametrize(
    ("given", "feed"),
    [
        ({"name": "pdu", "feed": "a"}, "a"),
        ({"name": "pdu", "role": "feed"}, "pdu"),
        ({"role": "feed"}, "outlet0"),
        ({"name": "pdu", "role": "feed", "feed": "a"}, "a"),
    ],
)
def test_feeds(given: dict[str, t.Any], feed: str) -> None:
    (agent,), mistakes = parse({**given, "outlet": {"address": "p"}})
    assert (agent.role, agent.feed, mistakes) == (Role.FEED, feed, [])


def test_numbers_as_text_are_numbers() -> None:
    (agent,), _mistakes = parse({"order": "3", "ipmi": ipmi(port="6230", password=12345)})
    assert (agent.order, agent.options["port"], agent.options["password"]) == (3, 6230, "12345")


def test_null_is_as_good_as_absent() -> None:
    (agent,), mistakes = parse(
        {"name": None, "order": None, "role": None, "outlet": None, "ipmi": ipmi(port=None, kg=None)}
    )
    assert (agent.name, agent.order, agent.options["port"], mistakes) == ("ipmi0", 1, 623, [])


MISTAKES: list[tuple[t.Any, list[str]]] = [
    ("text", [": is no dictionary. Write {name: bmc, ipmi: {address: ...}}."]),
    ({}, [": names no driver. Add one of: ipmi, outlet."]),
    ({"name": "b"}, [" 'b': names no driver. Add one of: ipmi, outlet."]),
    (
        {"impi": {}},
        [": names no driver. Add one of: ipmi, outlet.", ": unknown key 'impi', did you mean 'ipmi'?"],
    ),
    (
        {"ipmi": ipmi(), "outlet": {"address": "p"}},
        [": names 2 drivers (ipmi, outlet). One agent is one device: write an agent for each."],
    ),
    (
        {"name": "b", "outlet": {"address": "p"}},
        [
            " 'b': has no role. The driver outlet controls different things: say role: chassis (the host itself), "
            "role: feed (one of its power supplies) or role: wake."
        ],
    ),
    (
        {"role": "chassis", "feed": "a", "outlet": {"address": "p"}},
        [": has feed 'a' and role chassis. An agent with a feed has the role feed: drop one of them."],
    ),
    ({"ipmi": {}}, [": ipmi.address is missing.", ": ipmi.password is missing."]),
    ({"ipmi": ipmi(address=None)}, [": ipmi.address is missing."]),
    ({"ipmi": ipmi(address="")}, [": ipmi.address is empty."]),
    (
        {"ipmi": f"password={PASSWORD}"},
        [": ipmi must be a dictionary of the driver's options, such as {address: 192.0.2.10}."],
    ),
    (
        {"ipmi": [ipmi()]},
        [": ipmi must be a dictionary of the driver's options, such as {address: 192.0.2.10}."],
    ),
    ({"order": "first", "ipmi": ipmi()}, [": order must be a whole number."]),
    ({"ipmi": ipmi(port=PASSWORD)}, [": ipmi.port must be a whole number."]),
    ({"ipmi": ipmi(cipher_suite=1)}, [": ipmi.cipher_suite must be one of 3, 17."]),
    ({"ipmi": ipmi(privilege=PASSWORD)}, [": ipmi.privilege must be one of user, operator, administrator."]),
    (
        {"ipmi": ipmi(privilege="operater")},
        [": ipmi.privilege must be one of user, operator, administrator, did you mean 'operator'?"],
    ),
    (
        {"ordr": 1, "ipmi": ipmi(pasword=PASSWORD)},
        [
            ": unknown key 'ordr', did you mean 'order'?",
            ": unknown key 'ipmi.pasword', did you mean 'ipmi.password'?",
        ],
    ),
    (
        {"zzz": 1, "ipmi": ipmi()},
        [": unknown key 'zzz'. Known: name, order, role, feed, may_sleep, ipmi, outlet."],
    ),
    (
        {"role": "feed", "outlet": {"address": "p", "secrets": "x"}},
        [": outlet.secrets must be a dictionary."],
    ),
    (
        {"role": "feed", "outlet": {"address": PASSWORD, "plug": 100, "secrets": {"a": PASSWORD}}},
        [f": plug 100 of {MASK} is above 99. look at its label."],
    ),
]


@pytest.mark.parametrize(("given", "messages"), MISTAKES)
def test_mistake(given: t.Any, messages: list[str]) -> None:
    agents, mistakes = parse(given)
    assert agents == ()
    # an advice begins with a capital letter or not, as the core has it
    assert [m.lower() for m in mistakes] == [f"node1: pm_agents[0]{message}".lower() for message in messages]
    assert PASSWORD not in " ".join(mistakes)


def test_all_mistakes_of_all_agents_at_once_each_with_its_place() -> None:
    agents, mistakes = parse(
        {"name": "x", "order": "?", "ipmi": ipmi(kgg=1)},
        {"name": "good", "ipmi": ipmi()},
        3,
        {"name": "y", "ipmi": {}},
    )
    assert [agent.name for agent in agents] == ["good"]
    assert [mistake.partition(": pm_agents")[2].split(":")[0] for mistake in mistakes] == [
        "[0] 'x'",
        "[0] 'x'",
        "[2]",
        "[3] 'y'",
        "[3] 'y'",
    ]


def test_secrets_are_known_before_anything_is_said() -> None:
    secrets = Secrets()
    _agents.parse_agents("node1", [{"ipmi": ipmi(port="x", kg="the-key-itself")}], secrets)
    assert secrets.scrub(f"{PASSWORD} the-key-itself admin") == f"{MASK} {MASK} admin"


def test_the_users_own_data_stays_as_it_is() -> None:
    raw = {"name": "b", "ipmi": ipmi(kg=None)}
    parse(raw)
    assert raw == {"name": "b", "ipmi": ipmi(kg=None)}


def test_all_mistakes_of_one_agent_are_told_at_once() -> None:
    wrong = {"port": 70000, "username": "u" * 17, "guid": "zz", "kg": "0xzz"}
    _agents_found, mistakes = parse(
        {"name": "bmc", "order": "first", "ipmi": {"address": "10.0.0.1", "password": "p", **wrong}}
    )
    said = " ".join(mistakes)
    assert [
        word for word in ("order", "port 70000", "username", "guid", "kg begins") if word not in said
    ] == []
    assert all(line.startswith("node1: pm_agents[0] 'bmc': ") for line in mistakes)


@pytest.mark.parametrize(
    ("options", "says"), [({"port": 0}, "port 0 is not"), ({"address": " "}, "ipmi.address is empty")]
)
def test_what_only_looks_like_a_value_is_none(options: dict[str, t.Any], says: str) -> None:
    _agents_found, mistakes = parse({"ipmi": {"address": "10.0.0.1", "password": "p", **options}})
    assert says in mistakes[0]
