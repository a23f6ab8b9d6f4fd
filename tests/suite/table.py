"""Writes the C table of kernels (table.h) from the manifests of emitted libraries: table.py OUTPUT.c MANIFEST..."""
import json
import pathlib
import sys

ALONG = {"element": "ELEMENTS", "channel": "CHANNELS", "row": "ROWS", "nothing": "NOTHING"}
FORMATS = {"f16": (2, 10), "bf16": (2, 7), "f32": (4, 23), "f64": (8, 52)}


def wrapper(function):
    """A function that calls one of a library with its arguments from arrays."""
    buffers = parameters = extents = 0
    values = []
    unused = {"parameters", "stream"}
    for argument in function["arguments"]:
        role = argument["role"]
        if role in ("input", "output"):
            values.append(f"buffers[{buffers}]")
            buffers += 1
        elif role == "parameter":
            values.append(f"({argument['type']})parameters[{parameters}]")
            parameters += 1
            unused.discard("parameters")
        elif role == "size":
            values.append(f"extents[{extents}]")
            extents += 1
        elif role == "stream":
            values.append("stream")
            unused.discard("stream")
        else:
            sys.exit(f"{function['name']}: this suite doesn't know the argument {argument['name']} of the role {role}")
    return (f"static int call_{function['name']}(void *const *buffers, const size_t *extents, "
            f"const double *parameters, void *stream) {{\n" + "".join(f"  (void){name};\n" for name in sorted(unused)) +
            f"  return {function['name']}({', '.join(values)});\n}}\n")


def row(functions):
    """One kernel: its function for the CPU, that for CUDA, or both."""
    kernel = functions[0]
    calls = {function["name"].endswith("_cuda"): "call_" + function["name"] for function in functions}
    roles = [argument["role"] for argument in kernel["arguments"]]
    counts = ", ".join(str(roles.count(role)) for role in ("input", "output", "parameter"))
    size, mantissa_bits = FORMATS[kernel["dtype"]]
    name = kernel["form"] + " ".join((kernel["activation"], kernel["pass"], kernel["dtype"], kernel["tier"]))
    layouts = ", ".join(f'{{ACTINIDE_ALONG_{ALONG[tensor["along"]]}, {tensor["parts"]}, {tensor["members"]}}}'
                        for tensor in kernel["tensors"])
    return (f'    {{"{name}", {calls.get(False, "NULL")}, {calls.get(True, "NULL")}, {{{size}, {mantissa_bits}}}, '
            f'{counts}, {roles.count("size")}, {{{layouts}}}}},\n')


def main():
    output, *files = map(pathlib.Path, sys.argv[1:])
    manifests = [json.loads(file.read_text()) for file in files]
    # Those with rows at any distance are the same kernels.
    functions = [function for manifest in manifests for function in manifest["kernels"]
                 if all(argument["role"] != "stride" for argument in function["arguments"])]
    functions.sort(key=lambda function: (function["activation"], function["name"]))
    kernels = {}
    for function in functions:
        kernels.setdefault(function["name"].removesuffix("_cuda"), []).append(function)
    output.write_text('#include "table.h"\n\n' +
                      "".join(f"#include <{manifest['library']}.h>\n" for manifest in manifests) + "\n" +
                      "\n".join(wrapper(function) for function in functions) +
                      "\nconst kernel kernels[] = {\n" + "".join(map(row, kernels.values())) + "};\n" +
                      "const size_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);\n")


main()
