"""Reads `actinide list --json` and writes a CMake list of libraries that hold every row x pass x dtype x tier: one
library for each pass, dtype and tier, as PASS DTYPE TIER ACTIVATION,ACTIVATION,..."""
import collections
import itertools
import json
import sys

libraries = collections.defaultdict(list)
for row in json.load(sys.stdin)["activations"]:
    for key in itertools.product(row["passes"], row["dtypes"], row["tiers"]):
        libraries[key].append(row["name"])
print(";".join(" ".join(key) + " " + ",".join(names) for key, names in libraries.items()), end="")
