"""How long PyTorch's torch.compile and a Triton kernel take until their first result, in milliseconds, as JSON.

Run by tools/benchmark with ACTINIDE_PYTHON (docs/benchmark.md). What isn't installed, or needs a device or a compiler
that isn't here, is said in the place of its times.
"""

import json
import os
import tempfile
import time

ROWS = ["relu", "leaky_relu", "sigmoid", "tanh", "gelu", "silu", "mish", "softplus", "softmax", "prelu"]


def milliseconds(action):
    start = time.perf_counter()
    action()
    return (time.perf_counter() - start) * 1e3


def times_or_reason(measure):
    try:
        return measure()
    except Exception as error:
        return str(error).splitlines()[0] if str(error) else type(error).__name__


def torch_compile():
    import torch

    x = torch.randn(64, 64)
    arguments = {"softmax": {"dim": -1}, "prelu": {"weight": torch.randn(64)}}

    def first_call(row):
        torch._dynamo.reset()
        function = torch.compile(lambda x: getattr(torch.nn.functional, row)(x, **arguments.get(row, {})))
        return milliseconds(lambda: function(x))

    first_call("relu6")  # the compiler sets itself up
    return {row: first_call(row) for row in ROWS}


def triton_kernel():
    import torch
    import triton
    import triton.language as tl

    if not torch.cuda.is_available():
        raise RuntimeError("Triton needs a CUDA device")
    x = torch.randn(4096, device="cuda")
    y = torch.empty_like(x)

    @triton.jit
    def silu(x, y, n, block: tl.constexpr):
        i = tl.program_id(0) * block + tl.arange(0, block)
        value = tl.load(x + i, mask=i < n)
        tl.store(y + i, value * tl.sigmoid(value), mask=i < n)

    def launch():
        silu[(4,)](x, y, 4096, block=1024)
        torch.cuda.synchronize()

    return {"silu": milliseconds(launch)}


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as caches:
        os.environ.update(TORCHINDUCTOR_CACHE_DIR=caches, TRITON_CACHE_DIR=caches)
        print(json.dumps({"torch_compile": times_or_reason(torch_compile), "triton": times_or_reason(triton_kernel)}))
