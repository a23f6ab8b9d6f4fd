"""Reads `actinide list --json` and writes a CMake list of libraries that hold every row, or those of the activations named, as
far as its kernels compute single elements; with --shaped also rows, channels, parts, groups and sums, `standard`. Forward and first gradients are there in
every dtype, `standard` and `faithful` (16-bit types have one kernel for both); `relaxed` and `exact` forward in f32; the other
passes, made of the same parts, in f32 `standard`. One
library for each pass, dtype and tier, as PASS DTYPE TIER ACTIVATION,ACTIVATION,..."""
import collections
import itertools
import json
import sys

shaped = "--shaped" in sys.argv
wanted = [word for word in sys.argv[1:] if word != "--shaped"]
rows = json.load(sys.stdin)["activations"]
unknown = set(wanted) - {row["name"] for row in rows}
if unknown:
    sys.exit(f"no activation is called {', '.join(sorted(unknown))}; `actinide list` shows all")
libraries = collections.defaultdict(list)
for row in rows:
    if (row["shape"] != "element" and not shaped) or (wanted and row["name"] not in wanted):
        continue
    kinds = [(dtype, tier) for dtype, tiers in row["tiers_of_dtypes"].items() for tier in tiers]
    for pass_name, (dtype, tier) in itertools.product(row["passes"], kinds):
        key = pass_name, dtype, tier
        if row["shape"] != "element" or (shaped and pass_name == "parameter_gradient"):
            if tier == "standard":
                libraries[key].append(row["name"])
            continue
        if tier not in ("standard", "faithful") and (pass_name, dtype) != ("forward", "f32"):
            continue
        first = pass_name in ("forward", "derivative", "backward") and (tier == "standard" or not dtype.endswith("16"))
        if first or (pass_name != "parameter_gradient" and (dtype, tier) == ("f32", "standard")):
            libraries[key].append(row["name"])
print(";".join(" ".join(key) + " " + ",".join(names) for key, names in libraries.items()), end="")
