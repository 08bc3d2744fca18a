"""Measures the cases of carve.bench.gpu in PyTorch and Triton, if they are installed: one JSON line for each.

    python3 gpu_peers.py > peers.jsonl         on a machine with a GPU; without one it exits with 2
    python3 gpu_peers.py --cpu > peers.jsonl   small shapes on the CPU, to test the script

Cases, units and work are those of carve.bench.gpu.OpBenchmark. Scans are those of mamba_ssm, in Triton; if that is not
installed, the chunked matrix products of torch_ssd.py in PyTorch, compiled if possible.
"""
import json
import statistics
import sys
import time

try:
    import torch
    import torch.nn.functional as F
except ImportError as e:
    print(f"no PyTorch here ({e})", file=sys.stderr)
    sys.exit(2)

SMALL = "--cpu" in sys.argv[1:]
DEVICE = "cpu" if SMALL else "cuda"
RUNS = 7
ENOUGH = 0.01  # seconds: shorter operations are repeated before waiting
MOST = 64
if not SMALL and not torch.cuda.is_available():
    print("PyTorch finds no GPU", file=sys.stderr)
    sys.exit(2)


def wait():
    if DEVICE == "cuda":
        torch.cuda.synchronize()


def once(body, repeats):
    wait()
    begin = time.perf_counter()
    for _ in range(repeats):
        body()
    wait()
    return (time.perf_counter() - begin) / repeats


def seconds(body):
    """As carve.bench.gpu.BenchmarkSession.millis times ours, so that the two can be compared."""
    once(body, 1)
    repeats = int(min(MOST, max(1, ENOUGH / max(1e-6, once(body, 1)))))
    return statistics.median(once(body, repeats) for _ in range(RUNS))


def say(name, work, unit, body, by):
    try:
        took = seconds(body)
    except Exception as e:  # skip cases that do not run here
        print(f"{name}: {e}", file=sys.stderr)
        return False
    line = {"case": name, "value": work / took, "unit": unit, "median-millis": took * 1000, "by": by}
    print(json.dumps(line), flush=True)
    return True


def random(*shape, gradients=True):
    values = torch.randn(*shape, device=DEVICE).to(torch.bfloat16)
    return values.requires_grad_(gradients)


def products(by):
    torch.backends.cuda.matmul.allow_tf32 = False
    for extent in (65,) if SMALL else (1024, 4096, 8192):
        work = 2 * extent**3 / 1e9
        a = torch.randn(extent, extent, device=DEVICE)
        b = torch.randn(extent, extent, device=DEVICE)
        say(f"product of F32, {extent} cubed", work, "GFLOP/s", lambda: a @ b, by)
        half, other = a.bfloat16(), b.bfloat16()
        say(f"product of BF16, {extent} cubed", work, "GFLOP/s", lambda: half @ other, by)
        say(f"weight of BF16, {extent} cubed", work, "GFLOP/s", lambda: F.linear(half, other), by)


def naive(q, k, v):
    t = q.shape[-2]
    scores = q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5
    below = torch.ones(t, t, dtype=torch.bool, device=q.device).tril()
    return scores.masked_fill(~below, float("-inf")).softmax(-1) @ v


def fused(q, k, v):
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def attention(by):
    attend, by = (fused, by) if hasattr(F, "scaled_dot_product_attention") else (naive, by + ", not fused")
    heads, width = (2, 16) if SMALL else (16, 128)
    for t in (130,) if SMALL else (2048, 8192):
        q, k, v = (random(1, heads, t, width) for _ in range(3))
        name = f"attention, T {t}, {heads} heads of {width}"
        work = 2 * t * t * heads * width / 1e9
        with torch.no_grad():
            say(name + ", forward", work, "GFLOP/s", lambda: attend(q, k, v), by)

        def both():
            y = attend(q, k, v)
            torch.autograd.grad(y, (q, k, v), y)

        say(name + ", forward and backward", 3 * work, "GFLOP/s", both, by)


def scanner():
    """The fastest scan that is here: of (x, dt, decay, b, c), each (1, T, H, N) or (1, T, H); and whose it is."""
    try:
        import triton
        from mamba_ssm.ops.triton.ssd_combined import mamba_chunk_scan_combined

        chunk = 256
        return lambda x, dt, a, b, c: mamba_chunk_scan_combined(x, dt, a, b, c, chunk), (
            f"mamba_ssm on Triton {triton.__version__}, BF16")
    except ImportError as e:
        print(f"no Triton scan here ({e})", file=sys.stderr)
    from torch_ssd import scan

    def chunks(x, dt, a, b, c):
        state = torch.zeros(1, x.shape[2], x.shape[3], b.shape[3], device=x.device, dtype=x.dtype)
        return scan(c, b, x, (a * dt).to(x.dtype), dt.to(x.dtype), state, 26 if SMALL else 128)[0]

    by = f"chunks in PyTorch {torch.__version__}, BF16"
    if DEVICE == "cuda" and hasattr(torch, "compile"):
        return torch.compile(chunks, dynamic=False), by + ", compiled"
    return chunks, by


def scans():
    scan, by = scanner()
    heads, width = (2, 16) if SMALL else (16, 128)
    for t in (130,) if SMALL else (8192, 32768, 131072):
        x, b, c = (random(1, t, heads, width) for _ in range(3))
        dt = torch.rand(1, t, heads, device=DEVICE, requires_grad=True)
        decay = -torch.rand(heads, device=DEVICE)
        name = f"scan, T {t}, H {heads}, P = N = {width}"
        work = 4 * t * heads * width * width / 1e9
        with torch.no_grad():
            runs = say(name + ", forward", work, "GFLOP/s", lambda: scan(x, dt, decay, b, c), by)

        def both():
            y = scan(x, dt, decay, b, c)
            torch.autograd.grad(y, (x, dt, b, c), y)

        if runs:
            say(name + ", forward and backward", 3 * work, "GFLOP/s", both, by)


if __name__ == "__main__":
    torch.manual_seed(42)
    who = f"PyTorch {torch.__version__}"
    products(who)
    attention(who + ", BF16")
    scans()
