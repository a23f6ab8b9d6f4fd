"""Runs the suite natively and on another machine and compares: compare.py NATIVE FOREIGN COMMAND... POINTS..., the
numbers at the end for both. Of the first kernel that differs it prints the first point that does."""
import itertools
import subprocess
import sys


def lines(command):
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    output = result.stdout.splitlines()
    if result.returncode != 0:
        if output and output[-1].endswith("status 4"):
            print(f"SKIPPED: this CPU doesn't run the reference, {output[-1]}")
            sys.exit(0)
        sys.exit(f"{' '.join(command)}: exit status {result.returncode}\n" + "\n".join(output[-1:]))
    return output


def main():
    native, *foreign = sys.argv[1:]
    native = [native, *itertools.dropwhile(lambda word: not word.isdigit(), foreign)]
    expected, found = lines(native), lines(foreign)
    if len(expected) != len(found) or expected[0] != found[0]:
        sys.exit(f"not the same kernels: {expected[0]} / {found[0]}")
    kernels = [line.partition(":")[0] for line, other in zip(expected, found) if line != other]
    print(expected[0])
    if not kernels:
        return
    print("these kernels have other bits:", *kernels, sep="\n  ")
    pairs = zip(lines(native + kernels[:1]), lines(foreign + kernels[:1]))
    point = next((f"\nexpected {a}\nfound    {b}" for a, b in pairs if a != b), "")
    sys.exit(f"{kernels[0]}, inputs -> outputs as bits:{point}")


main()
