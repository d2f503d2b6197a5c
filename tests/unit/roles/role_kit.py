"""Helpers of the roles' tests: their files, and Jinja as Ansible sets it up for the template module."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t
from pathlib import Path

import collection_path
import jinja2
import yaml

ROLES: t.Final = collection_path.CHECKOUT / "roles"
NAMES: t.Final = ("pm_utils", "rtc_wake", "wake_on_lan")
EXPECTED: t.Final = Path(__file__).parent / "expected"


def load(path: str) -> t.Any:
    """A YAML file below roles/."""
    return yaml.safe_load((ROLES / path).read_text(encoding="utf-8"))


def render(path: str, **variables: t.Any) -> str:
    """A template below roles/, with the settings of ansible.builtin.template."""
    world = jinja2.Environment(
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=jinja2.StrictUndefined,
        extensions=["jinja2.ext.do"],
    )
    world.filters["basename"] = lambda text: text.rpartition("/")[2]
    return world.from_string((ROLES / path).read_text(encoding="utf-8")).render(**variables)


def expected(name: str) -> str:
    return (EXPECTED / name).read_text(encoding="utf-8")
