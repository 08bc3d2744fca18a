// Linear attention with a scalar decay (Mamba-2's SSD, Dao and Gu 2024, arXiv:2405.21060, section 6):
//   S[t] = exp(g[t]) S[t-1] + w[t] v[t] k[t]^T,  y[t] = S[t] q[t],  S (P, N),
// of q (B, T, Gq, N), k (B, T, Gk, N), v (B, T, Gv, P), g and w (B, T, H), initial states (S, H, P, N); y (B, T, H, P).
//
// Forward, in chunks of L = 64 positions: scan_states has for each chunk what it adds to the state, scan_pass turns these
// into the states before each chunk, scan_outputs adds the quadratic form within a chunk and what the state gives. Only
// scan_pass is sequential. Backward goes the same way: the same sums with dy and q for v and k, passed from the end, then
// scan_backward for all gradients of a chunk. scan_step is the recurrence itself, for few positions.
//
// D[i] = g[0] + ... + g[i] within a chunk is summed in double, so that differences of it do not cancel.
// spans (S, 2): first row and number of rows of each sequence. states (S, chunks, H, P, N). 256 threads.
// Variant:
// Variant: -DTENSOR=1
// Variant: -DTENSOR=2
#include "carve.cuh"

struct Scan {
    const float* q;
    const float* k;
    const float* v;
    const float* g;
    const float* w;
    const int* spans;
    int heads;
    int q_groups;
    int k_groups;
    int v_groups;
    int n;
    int p;
    int chunks;
    int unused;
};

// One chunk of one head: rows from `row` on, `length` of them.
struct Chunk {
    i64 row;
    int length;
    int head;
    i64 state; // where its (P, N) is in states

    __device__ Chunk(const Scan& s) {
        int sequence = blockIdx.z;
        int from = blockIdx.x * TILE;
        int rest = s.spans[2 * sequence + 1] - from;
        row = s.spans[2 * sequence] + from;
        length = rest < TILE ? rest : TILE;
        head = blockIdx.y;
        state = (((i64) sequence * s.chunks + blockIdx.x) * s.heads + head) * s.p * s.n;
    }
};

// x (rows, groups, width) at a row of a chunk and the group of its head; 0 beyond the chunk
__device__ inline float element(const float* x, const Scan& s, const Chunk& c, int groups, int width, int i, int d) {
    return i < c.length ? x[((c.row + i) * groups + c.head / (s.heads / groups)) * width + d] : 0;
}

__device__ inline float q_at(const Scan& s, const Chunk& c, int i, int n) {
    return n < s.n ? element(s.q, s, c, s.q_groups, s.n, i, n) : 0;
}

__device__ inline float k_at(const Scan& s, const Chunk& c, int i, int n) {
    return n < s.n ? element(s.k, s, c, s.k_groups, s.n, i, n) : 0;
}

__device__ inline float v_at(const Scan& s, const Chunk& c, int i, int p) {
    return p < s.p ? element(s.v, s, c, s.v_groups, s.p, i, p) : 0;
}

__device__ inline float y_at(const float* y, const Scan& s, const Chunk& c, int i, int p) {
    return p < s.p ? element(y, s, c, s.heads, s.p, i, p) : 0;
}

// a state, (P, N)
__device__ inline float s_at(const float* state, const Scan& s, int p, int n) {
    return p < s.p && n < s.n ? state[(i64) p * s.n + n] : 0;
}

// sums[i] = D[i], w[i] the weights; the sum of a short chunk goes on beyond it
__device__ inline void decays(const Scan& s, const Chunk& c, double* sums, float* w) {
    int i = threadIdx.x;
    if (i < TILE) {
        w[i] = element(s.w, s, c, s.heads, 1, i, 0);
    }
    if (i == 0) {
        double sum = 0;
        for (int t = 0; t < TILE; t++) {
            sum += element(s.g, s, c, s.heads, 1, t, 0);
            sums[t] = sum;
        }
    }
    __syncthreads();
}

// exp(D[i] - D[j]), which is at most 1; 0 above the diagonal
__device__ inline float between(const double* sums, int i, int j) {
    return j <= i ? expf((float) (sums[i] - sums[j])) : 0;
}

// states[chunk] = sum over i of a[i] b[i]^T, by dy 0: a = exp(D[L] - D[i]) w[i] v[i], b = k[i]; else a = exp(D[i]) dy[i],
// b = q[i]. Grid: chunks, heads, sequences.
extern "C" __global__ void scan_states(const Scan s, const float* dy, float* states) {
    __shared__ double sums[TILE];
    __shared__ float w[TILE];
    Chunk c(s);
    if (c.length <= 0) {
        return;
    }
    decays(s, c, sums, w);
    for (int p0 = 0; p0 < s.p; p0 += TILE) {
        for (int n0 = 0; n0 < s.n; n0 += TILE) {
            Tile tile;
            tile.clear();
            if (dy == nullptr) {
                multiply<false, false>(
                        tile, c.length,
                        [&](int p, int i) { return between(sums, TILE - 1, i) * w[i] * v_at(s, c, i, p0 + p); },
                        [&](int i, int n) { return k_at(s, c, i, n0 + n); });
            } else {
                multiply<false, false>(
                        tile, c.length,
                        [&](int p, int i) { return expf((float) sums[i]) * y_at(dy, s, c, i, p0 + p); },
                        [&](int i, int n) { return q_at(s, c, i, n0 + n); });
            }
            tile.each([&](int p, int n, float value) {
                if (p0 + p < s.p && n0 + n < s.n) {
                    states[c.state + (i64) (p0 + p) * s.n + n0 + n] = value;
                }
            });
        }
    }
}

__device__ inline float chunk_decay(const Scan& s, i64 row, int length, int head) {
    double sum = 0;
    for (int t = 0; t < length; t++) {
        sum += s.g[(row + t) * s.heads + head];
    }
    return expf((float) sum);
}

// Forward: states[chunk] becomes the state before the chunk; last is the state after all of them.
// Reverse: states[chunk] becomes the gradient of the state after the chunk; last, that of the initial state.
// begin is what goes in, or null for zeros. Grid: elements of a state, heads, sequences.
extern "C" __global__ void scan_pass(const Scan s, const float* begin, float* states, float* last, int reverse) {
    __shared__ float decay;
    int sequence = blockIdx.z;
    int head = blockIdx.y;
    i64 size = (i64) s.p * s.n;
    i64 at = (i64) blockIdx.x * THREADS + threadIdx.x;
    i64 ends = ((i64) sequence * s.heads + head) * size + at;
    bool mine = at < size;
    float state = mine && begin != nullptr ? begin[ends] : 0;
    int length = s.spans[2 * sequence + 1];
    int count = (length + TILE - 1) / TILE;
    for (int i = 0; i < count; i++) {
        int chunk = reverse ? count - 1 - i : i;
        if (threadIdx.x == 0) {
            int rest = length - chunk * TILE;
            decay = chunk_decay(s, s.spans[2 * sequence] + (i64) chunk * TILE, rest < TILE ? rest : TILE, head);
        }
        __syncthreads();
        if (mine) {
            i64 here = (((i64) sequence * s.chunks + chunk) * s.heads + head) * size + at;
            float added = states[here];
            states[here] = state;
            state = decay * state + added;
        }
        __syncthreads();
    }
    if (mine && last != nullptr) {
        last[ends] = state;
    }
}

// y[i] = sum over j <= i of exp(D[i] - D[j]) w[j] (q[i] . k[j]) v[j] + exp(D[i]) S q[i]. Grid: chunks, heads, sequences.
extern "C" __global__ void scan_outputs(const Scan s, const float* states, float* y) {
    __shared__ double sums[TILE];
    __shared__ float w[TILE];
    __shared__ float scores[TILE][TILE + 1];
    Chunk c(s);
    if (c.length <= 0) {
        return;
    }
    decays(s, c, sums, w);
    Tile tile;
    tile.clear();
    multiply<true, true>(
            tile, s.n, [&](int i, int n) { return q_at(s, c, i, n); }, [&](int n, int j) { return k_at(s, c, j, n); });
    tile.each([&](int i, int j, float value) { scores[i][j] = between(sums, i, j) * w[j] * value; });
    __syncthreads();
    const float* state = states + c.state;
    for (int p0 = 0; p0 < s.p; p0 += TILE) {
        tile.clear();
        multiply<true, true>(
                tile, s.n,
                [&](int i, int n) { return expf((float) sums[i]) * q_at(s, c, i, n); },
                [&](int n, int p) { return s_at(state, s, p0 + p, n); });
        multiply<true, false>(
                tile, c.length, [&](int i, int j) { return scores[i][j]; },
                [&](int j, int p) { return v_at(s, c, j, p0 + p); });
        tile.each([&](int i, int p, float value) {
            if (i < c.length && p0 + p < s.p) {
                y[((c.row + i) * s.heads + c.head) * s.p + p0 + p] = value;
            }
        });
    }
}

// All gradients of a chunk, for its head: dq and dk (B, T, H, N), dv (B, T, H, P), to be added up over the heads of a
// group; dg and dw (B, T, H). before are the states before the chunks, after the gradients of those after them.
//   E[i, j] = exp(D[i] - D[j]) (dy[i] . v[j]),  A[i, j] = q[i] . k[j]
//   dq[i] = sum_j w[j] E[i, j] k[j] + exp(D[i]) S^T dy[i]
//   dk[j] = sum_i w[j] E[i, j] q[i] + exp(D[L] - D[j]) w[j] dS^T v[j]
//   dv[j] = sum_i w[j] exp(D[i] - D[j]) A[i, j] dy[i] + exp(D[L] - D[j]) w[j] dS k[j]
//   dw[j] = sum_i E[i, j] A[i, j] + exp(D[L] - D[j]) v[j] . dS k[j]
// g[t] is in every path from a position before t, or the initial state, to one at t or after, or the final state: with
// X[i, j] = w[j] E[i, j] A[i, j], e[i] = exp(D[i]) dy[i] . S q[i], f[j] = exp(D[L] - D[j]) w[j] v[j] . dS k[j],
//   dg[t] = sum_{i >= t > j} X[i, j] + sum_{i >= t} e[i] + sum_{j < t} f[j] + exp(D[L]) dS . S.
// Grid: chunks, heads, sequences.
extern "C" __global__ void scan_backward(
        const Scan s, const float* dy, const float* before, const float* after, float* dq, float* dk, float* dv,
        float* dg, float* dw) {
    __shared__ double sums[TILE];
    __shared__ float w[TILE];
    __shared__ float scores[TILE][TILE + 1];
    __shared__ float e[TILE];
    __shared__ float f[TILE]; // without w
    __shared__ float weight[TILE];
    __shared__ double paths[TILE];
    Chunk c(s);
    if (c.length <= 0) {
        return;
    }
    decays(s, c, sums, w);
    const float* state = before + c.state;
    const float* dstate = after + c.state;
    int t = threadIdx.x;
    if (t < TILE) {
        e[t] = 0;
        f[t] = 0;
    }
    float product = 0;
    for (int i = t; i < s.p * s.n; i += THREADS) {
        product += state[i] * dstate[i];
    }
    float through = expf((float) sums[TILE - 1]) * block_sum(product);

    Tile a;
    a.clear();
    multiply<true, true>(
            a, s.n, [&](int i, int n) { return q_at(s, c, i, n); }, [&](int n, int j) { return k_at(s, c, j, n); });
    Tile b;
    b.clear();
    multiply<true, true>(
            b, s.p, [&](int i, int p) { return y_at(dy, s, c, i, p); },
            [&](int p, int j) { return v_at(s, c, j, p); });

    // scores = E A: columns give dw, and what lies strictly below the diagonal dg
    b.each([&](int i, int j, float value) { scores[i][j] = between(sums, i, j) * value; });
    a.each([&](int i, int j, float value) { scores[i][j] *= value; });
    __syncthreads();
    if (t < TILE) {
        float sum = 0;
        double from = 0;
        double to = 0;
        for (int i = 0; i < TILE; i++) {
            sum += scores[i][t];
            from += i > t ? scores[i][t] * w[t] : 0;
            to += i < t ? scores[t][i] * w[i] : 0;
        }
        weight[t] = sum;
        paths[t] = to - from;
    }
    __syncthreads();

    // scores = w E, for dq and dk
    b.each([&](int i, int j, float value) { scores[i][j] = between(sums, i, j) * w[j] * value; });
    __syncthreads();
    for (int n0 = 0; n0 < s.n; n0 += TILE) {
        Tile tile;
        tile.clear();
        multiply<true, false>(
                tile, s.p,
                [&](int i, int p) { return expf((float) sums[i]) * y_at(dy, s, c, i, p); },
                [&](int p, int n) { return s_at(state, s, p, n0 + n); });
        for (int i = 0; i < 4; i++) {
            float sum = 0;
            for (int j = 0; j < 4; j++) {
                sum += tile.at[i][j] * q_at(s, c, t / 16 + 16 * i, n0 + t % 16 + 16 * j);
            }
            sum = lanes_sum(sum, 16);
            if (t % 16 == 0) {
                e[t / 16 + 16 * i] += sum;
            }
        }
        multiply<true, false>(
                tile, c.length, [&](int i, int j) { return scores[i][j]; },
                [&](int j, int n) { return k_at(s, c, j, n0 + n); });
        tile.each([&](int i, int n, float value) {
            if (i < c.length && n0 + n < s.n) {
                dq[((c.row + i) * s.heads + c.head) * s.n + n0 + n] = value;
            }
        });
        tile.clear();
        multiply<true, false>(
                tile, s.p,
                [&](int j, int p) { return between(sums, TILE - 1, j) * v_at(s, c, j, p); },
                [&](int p, int n) { return s_at(dstate, s, p, n0 + n); });
        for (int i = 0; i < 4; i++) {
            int j = t / 16 + 16 * i;
            float sum = 0;
            for (int l = 0; l < 4; l++) {
                sum += tile.at[i][l] * k_at(s, c, j, n0 + t % 16 + 16 * l);
                tile.at[i][l] *= w[j];
            }
            sum = lanes_sum(sum, 16);
            if (t % 16 == 0) {
                f[j] += sum;
            }
        }
        multiply<false, false>(
                tile, c.length, [&](int j, int i) { return scores[i][j]; },
                [&](int i, int n) { return q_at(s, c, i, n0 + n); });
        tile.each([&](int j, int n, float value) {
            if (j < c.length && n0 + n < s.n) {
                dk[((c.row + j) * s.heads + c.head) * s.n + n0 + n] = value;
            }
        });
    }
    __syncthreads();

    // scores = w exp(D[i] - D[j]) A, for dv
    a.each([&](int i, int j, float value) { scores[i][j] = between(sums, i, j) * w[j] * value; });
    __syncthreads();
    for (int p0 = 0; p0 < s.p; p0 += TILE) {
        Tile tile;
        tile.clear();
        multiply<true, true>(
                tile, s.n,
                [&](int j, int n) { return between(sums, TILE - 1, j) * w[j] * k_at(s, c, j, n); },
                [&](int n, int p) { return s_at(dstate, s, p0 + p, n); });
        multiply<false, false>(
                tile, c.length, [&](int j, int i) { return scores[i][j]; },
                [&](int i, int p) { return y_at(dy, s, c, i, p0 + p); });
        tile.each([&](int j, int p, float value) {
            if (j < c.length && p0 + p < s.p) {
                dv[((c.row + j) * s.heads + c.head) * s.p + p0 + p] = value;
            }
        });
    }

    if (t < c.length) {
        double sum = through;
        for (int j = 0; j < t; j++) {
            sum += (double) f[j] * w[j];
        }
        for (int i = t; i < c.length; i++) {
            sum += e[i] + paths[i];
        }
        dw[(c.row + t) * s.heads + c.head] = weight[t] + f[t];
        dg[(c.row + t) * s.heads + c.head] = (float) sum;
    }
}

// x (rows, heads, width) added up over the heads of each group: y (rows, groups, width)
extern "C" __global__ void scan_groups(const float* x, float* y, i64 n, int share, int width) {
    for (i64 at = first(); at < n; at += stride()) {
        float sum = 0;
        for (int i = 0; i < share; i++) {
            sum += x[(at / width * share + i) * width + at % width];
        }
        y[at] = sum;
    }
}

// The recurrence, position by position: a warp for each row of the state, lanes over its N <= 256 columns.
// Grid: rows P in groups of 8, heads, sequences.
extern "C" __global__ void scan_step(const Scan s, const float* begin, float* y, float* next) {
    int sequence = blockIdx.z;
    int head = blockIdx.y;
    int lane = threadIdx.x % 32;
    int p = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
    bool mine = p < s.p;
    i64 row = (((i64) sequence * s.heads + head) * s.p + p) * s.n;
    float state[8];
#pragma unroll
    for (int i = 0; i < 8; i++) {
        state[i] = mine && lane + 32 * i < s.n ? begin[row + lane + 32 * i] : 0;
    }
    for (int t = 0; t < s.spans[2 * sequence + 1]; t++) {
        i64 at = s.spans[2 * sequence] + t;
        float decay = expf(s.g[at * s.heads + head]);
        float v = mine ? s.v[(at * s.v_groups + head / (s.heads / s.v_groups)) * s.p + p] : 0;
        float added = s.w[at * s.heads + head] * v;
        const float* k = s.k + (at * s.k_groups + head / (s.heads / s.k_groups)) * s.n;
        const float* q = s.q + (at * s.q_groups + head / (s.heads / s.q_groups)) * s.n;
        float sum = 0;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            int n = lane + 32 * i;
            if (n < s.n) {
                state[i] = decay * state[i] + added * k[n];
                sum += state[i] * q[n];
            }
        }
        sum = lanes_sum(sum, 32);
        if (mine && lane == 0) {
            y[(at * s.heads + head) * s.p + p] = sum;
        }
    }
#pragma unroll
    for (int i = 0; i < 8; i++) {
        if (mine && lane + 32 * i < s.n) {
            next[row + lane + 32 * i] = state[i];
        }
    }
}
