"""Whether documents are what extensions/schemas/power_management.rng allows."""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import shutil
import subprocess
import typing as t
from pathlib import Path

import collection_path
import pytest

SCHEMA = collection_path.CHECKOUT / "extensions" / "schemas" / "power_management.rng"


def valid(folder: Path, documents: t.Sequence[str]) -> bool:
    """Whether all of them are; the folder is for files. Skips the test where nothing here can tell."""
    try:
        from lxml import etree
    except ImportError:
        return _valid_by_xmllint(folder, documents)
    schema = etree.RelaxNG(etree.parse(str(SCHEMA)))
    return all(schema.validate(etree.fromstring(document)) for document in documents)


def _valid_by_xmllint(folder: Path, documents: t.Sequence[str]) -> bool:
    program = shutil.which("xmllint")
    if program is None:
        pytest.skip("neither lxml nor xmllint is here: install the package libxml2-utils")
    files = []
    for number, document in enumerate(documents):
        files.append(folder / f"{number}.xml")
        files[-1].write_text(document, encoding="utf-8")
    ran = subprocess.run(
        [program, "--noout", "--nonet", "--relaxng", str(SCHEMA), *files], capture_output=True, check=False
    )
    assert ran.returncode in (0, 3), ran.stderr  # 3: read, but not valid
    return ran.returncode == 0
