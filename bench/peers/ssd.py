"""Times the chunked form of Mamba-2's scan in PyTorch, forward and backward, and checks it against a loop first.

The algorithm is that of Dao and Gu 2024 (arXiv:2405.21060), Listing 1, written for groups of B and C and an initial state, with
the shape of a layer of mmMamba: T 2048, 16 heads of width 128, 8 groups, state 128. Prints a line of JSON.
"""

import json
import statistics
import time

import torch

B, T, H, G, N, CHUNK = 1, 2048, 16, 8, 128, 64


def segment_sums(g):
    """(..., L) -> (..., L, L): sums over j < k <= i of g[k]; -inf above the diagonal."""
    length = g.shape[-1]
    x = g.unsqueeze(-1).expand(*g.shape, length)
    x = x.masked_fill(~torch.ones(length, length, dtype=torch.bool).tril(-1), 0)
    x = torch.cumsum(x, dim=-2)
    return x.masked_fill(~torch.ones(length, length, dtype=torch.bool).tril(0), float("-inf"))


def chunked(q, k, v, g, w, state):
    """q, k (B, T, H, N), v (B, T, H, P), g, w (B, T, H), state (B, H, P, N) -> y, state."""
    b, t, h, n = q.shape
    split = lambda x: x.reshape(b, t // CHUNK, CHUNK, *x.shape[2:])
    q, k, v, g = split(q), split(k), split(v * w.unsqueeze(-1)), split(g).permute(0, 3, 1, 2)
    sums = torch.cumsum(g, dim=-1)
    decay = torch.exp(segment_sums(g))  # (B, H, C, L, L)
    scores = torch.einsum("bclhn,bcshn->bhcls", q, k) * decay
    inner = torch.einsum("bhcls,bcshp->bclhp", scores, v)
    to_end = torch.exp(sums[..., -1:] - sums)
    states = torch.einsum("bclhn,bhcl,bclhp->bchpn", k, to_end, v)
    states = torch.cat([state.unsqueeze(1), states], dim=1)
    across = torch.exp(segment_sums(torch.nn.functional.pad(sums[..., -1], (1, 0))))
    states = torch.einsum("bhzc,bchpn->bzhpn", across, states)
    outer = torch.einsum("bclhn,bchpn,bhcl->bclhp", q, states[:, :-1], torch.exp(sums))
    return (inner + outer).reshape(b, t, h, -1), states[:, -1]


def loop(q, k, v, g, w, state):
    y = []
    for t in range(q.shape[1]):
        update = torch.einsum("bhp,bhn->bhpn", v[:, t] * w[:, t].unsqueeze(-1), k[:, t])
        state = torch.exp(g[:, t])[..., None, None] * state + update
        y.append(torch.einsum("bhpn,bhn->bhp", state, q[:, t]))
    return torch.stack(y, dim=1), state


def operands(t, dtype):
    torch.manual_seed(42)
    rand = lambda *s: (torch.rand(*s, dtype=dtype) * 2 - 1)
    q, k, v = rand(B, t, H, N), rand(B, t, G, N), rand(B, t, G, N)
    g, w, state = -0.1 * torch.rand(B, t, H, dtype=dtype), torch.rand(B, t, H, dtype=dtype), rand(B, H, N, N)
    return [x.requires_grad_() for x in (q, k, v, g, w, state)]


def repeated(x):
    return x.repeat_interleave(H // G, dim=2)


def run(form, q, k, v, g, w, state):
    return form(q, repeated(k), repeated(v), g, w, state)


def gate():
    x = operands(4 * CHUNK, torch.float64)
    for a, b in zip(run(chunked, *x), run(loop, *x)):
        assert torch.allclose(a, b, rtol=1e-9, atol=1e-9), (a - b).abs().max()


def once():
    x = operands(T, torch.float32)
    begin = time.perf_counter()
    y, state = run(chunked, *x)
    (y.sum() + state.sum()).backward()
    return time.perf_counter() - begin


gate()
once()
seconds = sorted(once() for _ in range(5))
print(json.dumps({
    "name": "chunked SSD, forward and backward",
    "torch": torch.__version__,
    "threads": torch.get_num_threads(),
    "median": statistics.median(seconds),
    "seconds": seconds,
}))
