"""Unit tests: the collection can be imported, and Hypothesis searches as long as the profile says."""

from __future__ import annotations

import os

import collection_path
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

collection_path.install_finder()

# No example database and no other file in the tree: a run depends on the code alone.
set_hypothesis_home_dir(str(collection_path.collections_root().parent / "hypothesis"))
settings.register_profile("quick", max_examples=500, deadline=None, database=None, print_blob=True)
settings.register_profile("slow", settings.get_profile("quick"), max_examples=10_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
