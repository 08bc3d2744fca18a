#!/usr/bin/env python3
"""Times the chunked scan of Mamba-2 in PyTorch on the CPU, forward and backward.

The algorithm is Listing 1 of Dao and Gu 2024 (arXiv:2405.21060): matrix products within chunks of positions, a state
from chunk to chunk. The layer is that of mmMamba: 16 heads of width 128, 8 groups of keys and values, states of 128.
The products are those of a BLAS, the gradients those of autograd; each chunk length is tried and the best one counts.

Prints one JSON line: forward and forward + backward in milliseconds, the median of the repetitions.

    python3 torch_ssd.py [--threads 2] [--positions 2048] [--heads 16] [--groups 8] [--width 128] [--state 128]
"""
import argparse
import json
import statistics
import sys
import time

try:
    import torch
except ImportError:
    sys.exit("torch_ssd.py: PyTorch is not there; Debian has it as python3-torch")


def segment_sums(x):
    """Returns sums[..., i, j] = x[j+1] + ... + x[i], -infinity where j > i."""
    length = x.shape[-1]
    rows = x.unsqueeze(-1).expand(*x.shape, length)
    below = torch.ones(length, length, dtype=torch.bool, device=x.device).tril(-1)
    sums = rows.masked_fill(~below, 0).cumsum(-2)
    return sums.masked_fill(~torch.ones(length, length, dtype=torch.bool, device=x.device).tril(0), float("-inf"))


def scan(q, k, v, g, w, state, chunk):
    """q (B, T, H, N), k (B, T, G, N), v (B, T, G, P), g and w (B, T, H), state (B, H, P, N) -> y (B, T, H, P), state."""
    batch, length, heads = g.shape
    repeat = heads // k.shape[2]
    count = length // chunk

    def cut(x):  # (B, T, H, ...) -> (B, H, C, L, ...)
        return x.reshape(batch, count, chunk, heads, *x.shape[3:]).movedim(3, 1)

    k = k.repeat_interleave(repeat, 2)
    v = v.repeat_interleave(repeat, 2) * w.unsqueeze(-1)
    q, k, v, g = cut(q), cut(k), cut(v), cut(g)
    sums = g.cumsum(-1)  # (B, H, C, L)
    inner = (q @ k.transpose(-1, -2) * segment_sums(g).exp()) @ v
    to_end = (sums[..., -1:] - sums).exp()
    states = (v * to_end.unsqueeze(-1)).transpose(-1, -2) @ k  # (B, H, C, P, N)
    before = []
    kept = sums[..., -1].exp()
    for c in range(count):
        before.append(state)
        state = state * kept[:, :, c, None, None] + states[:, :, c]
    before = torch.stack(before, 2)
    outer = q @ before.transpose(-1, -2) * sums.exp().unsqueeze(-1)
    y = (inner + outer).movedim(1, 3).reshape(batch, length, heads, v.shape[-1])
    return y, state


def steps(q, k, v, g, w, state):
    """The same by its definition, position by position, to check with."""
    repeat = g.shape[2] // k.shape[2]
    k, v = k.repeat_interleave(repeat, 2), v.repeat_interleave(repeat, 2)
    results = []
    for t in range(g.shape[1]):
        add = (w[:, t, :, None] * v[:, t]).unsqueeze(-1) * k[:, t].unsqueeze(-2)
        state = state * g[:, t].exp()[..., None, None] + add
        results.append((state @ q[:, t].unsqueeze(-1)).squeeze(-1))
    return torch.stack(results, 1), state


def median(repetitions, body):
    body()
    times = []
    for _ in range(repetitions):
        begin = time.perf_counter()
        body()
        times.append(time.perf_counter() - begin)
    return statistics.median(times) * 1000


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in dict(threads=2, positions=2048, heads=16, groups=8, width=128, state=128, repetitions=9).items():
        parser.add_argument("--" + name, type=int, default=value)
    a = parser.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(42)
    leaves = [
        torch.rand(1, a.positions, a.heads, a.state) * 2 - 1,
        torch.rand(1, a.positions, a.groups, a.state) * 2 - 1,
        torch.rand(1, a.positions, a.groups, a.width) * 2 - 1,
        torch.rand(1, a.positions, a.heads) * -0.1,
        torch.rand(1, a.positions, a.heads),
        torch.rand(1, a.heads, a.width, a.state) * 2 - 1,
    ]
    weights = torch.rand(1, a.positions, a.heads, a.width) * 2 - 1
    part = [x[:, :128] for x in leaves[:5]] + leaves[5:]
    difference = (scan(*part, 64)[0] - steps(*part)[0]).abs().max().item()
    if not difference < 1e-3:
        sys.exit("torch_ssd.py: chunks and steps differ by %g" % difference)
    best = None
    for chunk in (32, 64, 128, 256):
        if a.positions % chunk:
            continue

        def forward():
            with torch.no_grad():
                scan(*leaves, chunk)

        def both():
            watched = [x.clone().requires_grad_() for x in leaves]
            y, _ = scan(*watched, chunk)
            y.backward(weights)

        found = dict(chunk=chunk, forward=median(a.repetitions, forward), both=median(a.repetitions, both))
        if best is None or found["both"] < best["both"]:
            best = found
    print(json.dumps({
        "what": "decay scan, PyTorch %s, chunks of %d" % (torch.__version__, best["chunk"]),
        "shape": "T %d, H %d, G %d, P %d, N %d" % (a.positions, a.heads, a.groups, a.width, a.state),
        "threads": a.threads,
        "forward_ms": round(best["forward"], 2),
        "forward_backward_ms": round(best["both"], 2),
    }))


if __name__ == "__main__":
    main()
