"""What PyTorch and Triton make of the cases of carve.bench.card, where they are on the machine: one JSON line for each.

Run as `python3 gpu_peers.py > peers.jsonl` on a machine with a card; where there is no PyTorch with CUDA it says so and
ends with 2. Names of cases, units and what counts as work are those of carve.bench.card.Operations.
"""
import json
import statistics
import sys

try:
    import torch
    import torch.nn.functional as F
except ImportError as e:
    print(f"no PyTorch here ({e})", file=sys.stderr)
    sys.exit(2)
if not torch.cuda.is_available():
    print("PyTorch finds no card", file=sys.stderr)
    sys.exit(2)

RUNS = 9


def millis(body):
    for _ in range(3):
        body()
    times = []
    for _ in range(RUNS):
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        body()
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end))
    return statistics.median(times)


def say(name, work, unit, body, by):
    try:
        time = millis(body)
    except Exception as e:  # a case that does not run here is a case less
        print(f"{name}: {e}", file=sys.stderr)
        return
    print(json.dumps({"case": name, "value": work / time * 1000, "unit": unit, "median-millis": time, "by": by}), flush=True)


def products(by):
    torch.backends.cuda.matmul.allow_tf32 = False
    for extent in (1024, 4096, 8192):
        work = 2 * extent**3 / 1e9
        a = torch.randn(extent, extent, device="cuda")
        b = torch.randn(extent, extent, device="cuda")
        say(f"product of F32, {extent} cubed", work, "GFLOP/s", lambda: a @ b, by)
        half, other = a.bfloat16(), b.bfloat16()
        say(f"product of BF16, {extent} cubed", work, "GFLOP/s", lambda: half @ other, by)
        say(f"weight of BF16, {extent} cubed", work, "GFLOP/s", lambda: F.linear(half, other), by)


def attention(by):
    for t in (2048, 8192):
        q, k, v = (torch.randn(1, 16, t, 128, device="cuda", dtype=torch.bfloat16, requires_grad=True) for _ in range(3))
        name = f"attention, T {t}, 16 heads of 128"
        work = 2 * t * t * 16 * 128 / 1e9
        with torch.no_grad():
            say(name + ", forward", work, "GFLOP/s", lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True), by)

        def both():
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            torch.autograd.grad(y, (q, k, v), y)

        say(name + ", forward and backward", 3 * work, "GFLOP/s", both, by)


def scan():
    try:
        from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined
        import triton
    except ImportError as e:
        print(f"no Triton scan here ({e})", file=sys.stderr)
        return
    by = f"mamba_ssm on Triton {triton.__version__}, BF16"
    for t in (8192, 32768, 131072):
        x, b, c = (torch.randn(1, t, 16, 128, device="cuda", dtype=torch.bfloat16, requires_grad=True) for _ in range(3))
        dt = torch.rand(1, t, 16, device="cuda", requires_grad=True)
        decay = -torch.rand(16, device="cuda")
        name = f"scan, T {t}, H 16, P = N = 128"
        work = 4 * t * 16 * 128 * 128 / 1e9
        with torch.no_grad():
            say(name + ", forward", work, "GFLOP/s", lambda: mamba_chunk_scan_combined(x, dt, decay, b, c, 256), by)

        def both():
            y = mamba_chunk_scan_combined(x, dt, decay, b, c, 256)
            torch.autograd.grad(y, (x, dt, b, c), y)

        say(name + ", forward and backward", 3 * work, "GFLOP/s", both, by)


if __name__ == "__main__":
    who = f"PyTorch {torch.__version__}"
    products(who)
    attention(who + ", BF16")
    scan()
