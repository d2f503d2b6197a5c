"""Keep what Python compiles of a zip file, and of a file in a new folder: every run of a module brings its own, and
compiling takes half of its time where the guest is emulated.

Python itself keeps nothing of these. It is patched at the start of every Python of the guest, by lab_compiled.pth.
"""

# Copyright: (c) 2026, hostpm.power contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

import _imp
import importlib.machinery
import marshal
import os
import types
import zipimport

FOLDER = "/var/cache/lab-compiled"
_compile_source = vars(zipimport)["_compile_source"]


def _hash(data: bytes) -> bytes:
    return _imp.source_hash(0, data)


def _kept(path: str, source: bytes) -> types.CodeType:
    place = f"{FOLDER}/{_hash(source).hex()}-{len(source)}"
    try:
        with open(place, "rb") as kept:
            check, data = kept.read(8), kept.read()
        if check == _hash(data):  # a loss of power may have spoilt it
            found: types.CodeType = marshal.loads(data)
            return found
    except OSError:
        pass
    code: types.CodeType = _compile_source(path, source)
    data = marshal.dumps(code)
    try:
        with open(f"{place}.{os.getpid()}", "wb") as new:
            new.write(_hash(data) + data)
        os.replace(new.name, place)
    except OSError:
        pass
    return code


def _source_to_code(_loader: object, source: bytes, path: str, **_more: int) -> types.CodeType:
    return _kept(path, source)


vars(zipimport)["_compile_source"] = _kept
setattr(importlib.machinery.SourceFileLoader, "source_to_code", _source_to_code)  # noqa: B010
