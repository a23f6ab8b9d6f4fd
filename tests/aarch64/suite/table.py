"""Writes the C table of kernels (suite.h) from the manifests of emitted libraries: table.py OUTPUT.c MANIFEST..."""
import json
import pathlib
import sys

FORMATS = {"f16": (2, 10), "bf16": (2, 7), "f32": (4, 23), "f64": (8, 52)}


def wrapper(kernel):
    """A function that calls the kernel with its arguments from arrays."""
    buffers = parameters = 0
    values = []
    for argument in kernel["arguments"]:
        role = argument["role"]
        if role in ("input", "output"):
            values.append(f"buffers[{buffers}]")
            buffers += 1
        elif role == "parameter":
            values.append(f"({argument['type']})parameters[{parameters}]")
            parameters += 1
        elif role == "size":
            values.append("n")
        else:
            sys.exit(f"{kernel['name']}: this suite doesn't know arguments of the role {role}")
    unused = "" if parameters else "  (void)parameters;\n"
    return (f"static int call_{kernel['name']}(void *const *buffers, size_t n, const double *parameters) {{\n"
            f"{unused}  return {kernel['name']}({', '.join(values)});\n}}\n")


def row(kernel):
    roles = [argument["role"] for argument in kernel["arguments"]]
    counts = ", ".join(str(roles.count(role)) for role in ("input", "output", "parameter"))
    size, mantissa_bits = FORMATS[kernel["dtype"]]
    name = " ".join((kernel["activation"], kernel["pass"], kernel["dtype"], kernel["tier"]))
    return f'    {{"{name}", call_{kernel["name"]}, {{{size}, {mantissa_bits}}}, {counts}}},\n'


def main():
    output, *files = map(pathlib.Path, sys.argv[1:])
    manifests = [json.loads(file.read_text()) for file in files]
    kernels = [kernel for manifest in manifests for kernel in manifest["kernels"]]
    kernels.sort(key=lambda kernel: (kernel["activation"], kernel["name"]))
    output.write_text('#include "suite.h"\n\n' +
                      "".join(f"#include <{manifest['library']}.h>\n" for manifest in manifests) + "\n" +
                      "\n".join(wrapper(kernel) for kernel in kernels) +
                      "\nconst kernel kernels[] = {\n" + "".join(row(kernel) for kernel in kernels) + "};\n" +
                      "const size_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);\n")


main()
