"""The same measurements of PyTorch's eager kernels and of Triton kernels, where they are installed."""
import statistics
import time

DTYPES = {"f32": "float32", "bf16": "bfloat16"}


def measure(elements, few_elements, repetitions, launches):
    """{versions: {...}, kernels: [{library, name, gb_per_s, launch_microseconds}]}; empty lists without PyTorch."""
    try:
        import torch
    except ImportError:
        return {"versions": {}, "kernels": []}
    if not torch.cuda.is_available():
        return {"versions": {"torch": torch.__version__}, "kernels": []}

    def bandwidth(call, element_bytes):
        """GB/s of call(n), which reads and writes `element_bytes` bytes for each of n elements."""
        call(elements)
        times = []
        for _ in range(repetitions):
            start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            start.record()
            call(elements)
            end.record()
            end.synchronize()
            times.append(start.elapsed_time(end))
        return element_bytes * elements / statistics.median(times) * 1e-6

    def launch(call):
        """Microseconds of one of many calls in a row, until the last has ended."""
        times = []
        for _ in range(5):
            call(few_elements)
            torch.cuda.synchronize()
            start = time.perf_counter()
            for _ in range(launches):
                call(few_elements)
            torch.cuda.synchronize()
            times.append((time.perf_counter() - start) / launches * 1e6)
        return statistics.median(times)

    results = {"versions": {"torch": torch.__version__}, "kernels": []}
    calls = [("torch", *call) for dtype in DTYPES for call in torch_calls(torch, dtype, elements, few_elements)]
    try:
        import triton
        results["versions"]["triton"] = triton.__version__
        calls += [("triton", *call) for call in triton_calls(torch, elements, few_elements)]
    except ImportError:
        pass
    for library, name, call, element_bytes in calls:
        results["kernels"].append({"library": library, "name": name, "gb_per_s": bandwidth(call, element_bytes),
                                   "launch_microseconds": launch(call)})
    return results


def inputs(torch, dtype, elements, few_elements):
    """For both lengths: (x, dy, y)."""
    torch.manual_seed(20240607)
    return {n: tuple(torch.randn(n, device="cuda").to(dtype) for _ in range(3)) for n in {elements, few_elements}}


def torch_calls(torch, dtype, elements, few_elements):
    """(name, call(n), bytes of an element's tensors): eager operations as a user calls them; their results come from
    PyTorch's own pool."""
    tensors = inputs(torch, getattr(torch, DTYPES[dtype]), elements, few_elements)
    functional, aten = torch.nn.functional, torch.ops.aten

    def forward(operation):
        return lambda n: operation(tensors[n][0])

    def backward(operation):
        return lambda n: operation(tensors[n][1], tensors[n][0])

    calls = [
        ("copy forward", lambda n: tensors[n][2].copy_(tensors[n][0]), 2),
        ("relu forward", forward(functional.relu), 2),
        ("gelu forward", forward(functional.gelu), 2),
        ("silu forward", forward(functional.silu), 2),
        ("mish forward", forward(functional.mish), 2),
        ("softplus forward", forward(functional.softplus), 2),
        ("sigmoid forward", forward(torch.sigmoid), 2),
        ("tanh forward", forward(torch.tanh), 2),
        ("gelu backward", backward(aten.gelu_backward), 3),
        ("silu backward", backward(aten.silu_backward), 3),
        ("mish backward", backward(aten.mish_backward), 3),
    ]
    size = tensors[elements][0].element_size()
    return [(f"{name} {dtype}", call, count * size) for name, call, count in calls]


def triton_calls(torch, elements, few_elements):
    import triton
    import triton.language as tl

    @triton.jit
    def silu(x, y, n, block: tl.constexpr):
        at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
        value = tl.load(x + at, mask=at < n)
        tl.store(y + at, value * tl.sigmoid(value), mask=at < n)

    @triton.jit
    def silu_backward(dy, x, dx, n, block: tl.constexpr):
        at = tl.program_id(0).to(tl.int64) * block + tl.arange(0, block)
        value, upstream = tl.load(x + at, mask=at < n), tl.load(dy + at, mask=at < n)
        s = tl.sigmoid(value)
        tl.store(dx + at, upstream * s * (1 + value * (1 - s)), mask=at < n)

    tensors = inputs(torch, torch.float32, elements, few_elements)
    block = 1024

    def forward(n):
        x, _, y = tensors[n]
        silu[(triton.cdiv(n, block),)](x, y, n, block=block)

    def backward(n):
        x, dy, dx = tensors[n]
        silu_backward[(triton.cdiv(n, block),)](dy, x, dx, n, block=block)

    return [("silu forward f32", forward, 8), ("silu backward f32", backward, 12)]
