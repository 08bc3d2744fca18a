// Softmax attention, as FlashAttention computes it (Dao et al. 2022, arXiv:2205.14135): by tiles of 64 queries and 64
// keys, with a running maximum and sum for each query, so that scores are never stored.
//
// q (B, T, H, K) F32; k (B, S, G, K), v (B, S, G, V) F32, BF16 or F16; y (B, T, H, V). Head h reads group h / (H / G).
// spans: for each sequence 5 numbers: the first of its rows of q, how many; the first of its rows of k and v, how many;
// and shift, by which query i sees keys up to i + shift where attention is causal. sums (B, T, H) is the logarithm of each
// query's sum of exponentials, kept for backward. With a window a query sees so many keys at most; with a soft cap a score s
// becomes cap tanh(s / cap); sinks (H), if there are any, are the score of one more key of each head, whose value is 0. K and V
// are at most 64 TILES, which is 1, 2 or 4, and at most 32 STEPS in decoding; both are given when the kernels are compiled. 256
// threads.
// Variant: -DTILES=1
// Variant: -DTILES=2
// Variant: -DTILES=4
// Variant: -DTILES=2 -DTENSOR=1
// Variant: -DTILES=2 -DTENSOR=2
// Variant: -DTILES=1 -DSTEPS=18
#include "carve.cuh"

#ifndef TILES
#define TILES 1
#endif

#ifndef STEPS
#define STEPS 8
#endif

struct Attention {
    const float* q;
    const void* k;
    const void* v;
    const int* spans;
    const float* sinks; // 0 if there are none
    int type;
    int heads;
    int groups;
    int key_width;
    int value_width;
    int causal;
    int window; // 0 for none
    float scale;
    float cap; // 0 for none
    int unused;

    // of a product of a query and a key
    __device__ float score(float product) const {
        return cap == 0 ? scale * product : cap * tanhf(scale * product / cap);
    }

    // the derivative of a score by its product
    __device__ float slope(float score) const {
        return cap == 0 ? scale : scale * (1 - score / cap * (score / cap));
    }

    __device__ float sink(int head) const {
        return sinks ? sinks[head] : NEVER;
    }
};

struct Span {
    i64 query;
    int queries;
    i64 key;
    int keys;
    int shift;

    __device__ Span(const Attention& a, int sequence) {
        const int* s = a.spans + 5 * sequence;
        query = s[0];
        queries = s[1];
        key = s[2];
        keys = s[3];
        shift = s[4];
    }

    // the end of the keys that a query sees
    __device__ int seen(const Attention& a, int i) const {
        return a.causal && i + shift + 1 < keys ? i + shift + 1 : keys;
    }

    // the first key that a query sees
    __device__ int earliest(const Attention& a, int i) const {
        int end = seen(a, i);
        return a.window > 0 && end > a.window ? end - a.window : 0;
    }

    __device__ bool sees(const Attention& a, int i, int j) const {
        return j < seen(a, i) && j >= earliest(a, i);
    }
};

// x (rows, H, width) of a query
__device__ inline float query_at(const Attention& a, const Span& s, const float* x, int head, int width, int i, int d) {
    return i < s.queries && d < width ? x[((s.query + i) * a.heads + head) * width + d] : 0;
}

__device__ inline float key_at(const Attention& a, const Span& s, int group, int j, int d) {
    return j < s.keys && d < a.key_width ? load(a.k, a.type, ((s.key + j) * a.groups + group) * a.key_width + d) : 0;
}

__device__ inline float value_at(const Attention& a, const Span& s, int group, int j, int d) {
    return j < s.keys && d < a.value_width ? load(a.v, a.type, ((s.key + j) * a.groups + group) * a.value_width + d) : 0;
}

// q . k of queries from i0 and keys from j0
__device__ inline void multiply_keys(Tile& tile, const Attention& a, const Span& s, int head, int i0, int j0) {
    int group = head / (a.heads / a.groups);
    tile.clear();
    multiply<true, true>(
            tile, a.key_width, [&](int i, int d) { return query_at(a, s, a.q, head, a.key_width, i0 + i, d); },
            [&](int d, int j) { return key_at(a, s, group, j0 + j, d); });
}

// Grid: tiles of queries, heads, sequences.
__device__ void attend(const Attention& a, float* y, float* sums) {
    __shared__ float scores[TILE][TILE + 1];
    __shared__ float most[TILE];
    __shared__ float sum[TILE];
    __shared__ float shrink[TILE];
    Span s(a, blockIdx.z);
    int head = blockIdx.y;
    int group = head / (a.heads / a.groups);
    int i0 = blockIdx.x * TILE;
    if (i0 >= s.queries) {
        return;
    }
    int t = threadIdx.x;
    if (t < TILE) {
        most[t] = a.sink(head);
        sum[t] = a.sinks ? 1 : 0;
    }
    Tile out[TILES];
    for (int d = 0; d < TILES; d++) {
        out[d].clear();
    }
    int last = i0 + TILE < s.queries ? i0 + TILE - 1 : s.queries - 1;
    for (int j0 = s.earliest(a, i0); j0 < s.seen(a, last); j0 += TILE) {
        Tile tile;
        multiply_keys(tile, a, s, head, i0, j0);
        tile.each([&](int i, int j, float value) {
            scores[i][j] = s.sees(a, i0 + i, j0 + j) ? a.score(value) : NEVER;
        });
        __syncthreads();
        // four threads for each query, 16 keys each
        int row = t / 4;
        float best = most[row];
        for (int j = t % 4; j < TILE; j += 4) {
            best = greater(best, scores[row][j]);
        }
        best = greater(best, __shfl_xor_sync(0xffffffffu, best, 1));
        best = greater(best, __shfl_xor_sync(0xffffffffu, best, 2));
        float added = 0;
        for (int j = t % 4; j < TILE; j += 4) {
            float p = best == NEVER ? 0 : expf(scores[row][j] - best);
            scores[row][j] = p;
            added += p;
        }
        added = lanes_sum(added, 4);
        __syncthreads();
        if (t % 4 == 0) {
            shrink[row] = best == NEVER ? 1 : expf(most[row] - best);
            sum[row] = sum[row] * shrink[row] + added;
            most[row] = best;
        }
        __syncthreads();
#pragma unroll
        for (int d = 0; d < TILES; d++) {
            for (int i = 0; i < 4; i++) {
                for (int j = 0; j < 4; j++) {
                    out[d].at[i][j] *= shrink[t / 16 + 16 * i];
                }
            }
            if (d * TILE < a.value_width) {
                multiply<true, false>(
                        out[d], TILE, [&](int i, int j) { return scores[i][j]; },
                        [&](int j, int p) { return value_at(a, s, group, j0 + j, d * TILE + p); });
            }
        }
    }
#pragma unroll
    for (int d = 0; d < TILES; d++) {
        out[d].each([&](int i, int p, float value) {
            if (i0 + i < s.queries && d * TILE + p < a.value_width) {
                y[((s.query + i0 + i) * a.heads + head) * a.value_width + d * TILE + p] = value / sum[i];
            }
        });
    }
    if (t < TILE && i0 + t < s.queries) {
        sums[(s.query + i0 + t) * a.heads + head] = most[t] + logf(sum[t]);
    }
}

extern "C" __global__ void attention_forward(const Attention a, float* y, float* sums) {
    attend(a, y, sums);
}

// What the backward kernels read besides the operands.
struct Slope {
    const float* dy;
    const float* sums;
    const float* products; // (B, T, H): dy . y
};

// products[row] = dy[row] . y[row], a warp for each row of width
extern "C" __global__ void attention_products(const float* dy, const float* y, float* products, i64 rows, int width) {
    i64 row = (i64) blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
    float sum = 0;
    for (int d = threadIdx.x % 32; d < width && row < rows; d += 32) {
        sum += dy[row * width + d] * y[row * width + d];
    }
    sum = lanes_sum(sum, 32);
    if (threadIdx.x % 32 == 0 && row < rows) {
        products[row] = sum;
    }
}

// The softmax p[i, j] and the gradient of products, p (dp - dy . y) times the slope of scores, of a tile; 0 where a query does
// not see a key.
__device__ inline void slopes(
        Tile& p, Tile& ds, const Attention& a, const Slope& g, const Span& s, int head, int i0, int j0) {
    int group = head / (a.heads / a.groups);
    multiply_keys(p, a, s, head, i0, j0);
    ds.clear();
    multiply<true, true>(
            ds, a.value_width, [&](int i, int d) { return query_at(a, s, g.dy, head, a.value_width, i0 + i, d); },
            [&](int d, int j) { return value_at(a, s, group, j0 + j, d); });
    for (int i = 0; i < 4; i++) {
        int row = i0 + threadIdx.x / 16 + 16 * i;
        i64 at = (s.query + row) * a.heads + head;
        for (int j = 0; j < 4; j++) {
            bool seen = row < s.queries && s.sees(a, row, j0 + (int) threadIdx.x % 16 + 16 * j);
            float score = a.score(p.at[i][j]);
            p.at[i][j] = seen ? expf(score - g.sums[at]) : 0;
            ds.at[i][j] = seen ? p.at[i][j] * (ds.at[i][j] - g.products[at]) * a.slope(score) : 0;
        }
    }
}

// dq (B, T, H, K). Grid: tiles of queries, heads, sequences.
__device__ void attend_queries(const Attention& a, const Slope& g, float* dq) {
    __shared__ float scores[TILE][TILE + 1];
    Span s(a, blockIdx.z);
    int head = blockIdx.y;
    int group = head / (a.heads / a.groups);
    int i0 = blockIdx.x * TILE;
    if (i0 >= s.queries) {
        return;
    }
    Tile out[TILES];
    for (int d = 0; d < TILES; d++) {
        out[d].clear();
    }
    int last = i0 + TILE < s.queries ? i0 + TILE - 1 : s.queries - 1;
    for (int j0 = s.earliest(a, i0); j0 < s.seen(a, last); j0 += TILE) {
        Tile p;
        Tile ds;
        slopes(p, ds, a, g, s, head, i0, j0);
        ds.each([&](int i, int j, float value) { scores[i][j] = value; });
        __syncthreads();
#pragma unroll
        for (int d = 0; d < TILES; d++) {
            if (d * TILE < a.key_width) {
                multiply<true, false>(
                        out[d], TILE, [&](int i, int j) { return scores[i][j]; },
                        [&](int j, int n) { return key_at(a, s, group, j0 + j, d * TILE + n); });
            }
        }
    }
#pragma unroll
    for (int d = 0; d < TILES; d++) {
        out[d].each([&](int i, int n, float value) {
            if (i0 + i < s.queries && d * TILE + n < a.key_width) {
                dq[((s.query + i0 + i) * a.heads + head) * a.key_width + d * TILE + n] = value;
            }
        });
    }
}

extern "C" __global__ void attention_queries(const Attention a, const Slope g, float* dq) {
    attend_queries(a, g, dq);
}

// dk (B, S, G, K) and dv (B, S, G, V) F32, over all heads of a group. Grid: tiles of keys, groups, sequences.
__device__ void attend_keys(const Attention& a, const Slope& g, float* dk, float* dv) {
    __shared__ float scores[TILE][TILE + 1];
    Span s(a, blockIdx.z);
    int group = blockIdx.y;
    int j0 = blockIdx.x * TILE;
    if (j0 >= s.keys) {
        return;
    }
    Tile keys[TILES];
    Tile values[TILES];
    for (int d = 0; d < TILES; d++) {
        keys[d].clear();
        values[d].clear();
    }
    int share = a.heads / a.groups;
    int earliest = a.causal && j0 > s.shift ? (j0 - s.shift) / TILE * TILE : 0; // the first query that sees the first key
    for (int head = group * share; head < (group + 1) * share; head++) {
        for (int i0 = earliest; i0 < s.queries && s.earliest(a, i0) < j0 + TILE; i0 += TILE) {
            Tile p;
            Tile ds;
            slopes(p, ds, a, g, s, head, i0, j0);
            p.each([&](int i, int j, float value) { scores[i][j] = value; });
            __syncthreads();
#pragma unroll
            for (int d = 0; d < TILES; d++) {
                if (d * TILE < a.value_width) {
                    multiply<false, false>(
                            values[d], TILE, [&](int j, int i) { return scores[i][j]; },
                            [&](int i, int v) { return query_at(a, s, g.dy, head, a.value_width, i0 + i, d * TILE + v); });
                }
            }
            __syncthreads();
            ds.each([&](int i, int j, float value) { scores[i][j] = value; });
            __syncthreads();
#pragma unroll
            for (int d = 0; d < TILES; d++) {
                if (d * TILE < a.key_width) {
                    multiply<false, false>(
                            keys[d], TILE, [&](int j, int i) { return scores[i][j]; },
                            [&](int i, int n) { return query_at(a, s, a.q, head, a.key_width, i0 + i, d * TILE + n); });
                }
            }
            __syncthreads();
        }
    }
#pragma unroll
    for (int d = 0; d < TILES; d++) {
        keys[d].each([&](int j, int n, float value) {
            if (j0 + j < s.keys && d * TILE + n < a.key_width) {
                dk[((s.key + j0 + j) * a.groups + group) * a.key_width + d * TILE + n] = value;
            }
        });
        values[d].each([&](int j, int v, float value) {
            if (j0 + j < s.keys && d * TILE + v < a.value_width) {
                dv[((s.key + j0 + j) * a.groups + group) * a.value_width + d * TILE + v] = value;
            }
        });
    }
}

extern "C" __global__ void attention_keys(const Attention a, const Slope g, float* dk, float* dv) {
    attend_keys(a, g, dk, dv);
}

// dsinks (H): minus the weight of a sink times dy . y, over all rows. Grid: heads.
extern "C" __global__ void attention_sinks(const float* sinks, const Slope g, float* dsinks, i64 rows) {
    int heads = gridDim.x;
    float sum = 0;
    for (i64 row = threadIdx.x; row < rows; row += THREADS) {
        i64 at = row * heads + blockIdx.x;
        sum += expf(sinks[blockIdx.x] - g.sums[at]) * g.products[at];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        dsinks[blockIdx.x] = -sum;
    }
}

// Few queries against many keys, as in decoding: the keys are split among blocks, and within a block among its 8 warps,
// each of which goes on with a maximum, a sum and values of its own. parts (rows, H, splits, V + 2): values, maximum, sum.
// Grid: splits, heads, rows of q, of which each sequence has `positions`.
extern "C" __global__ void attention_step(const Attention a, float* parts, int positions, int piece) {
    __shared__ float values[THREADS / 32][32 * STEPS];
    __shared__ float most[THREADS / 32];
    __shared__ float sums[THREADS / 32];
    Span s(a, blockIdx.z / positions);
    int head = blockIdx.y;
    int group = head / (a.heads / a.groups);
    int query = blockIdx.z % positions;
    int lane = threadIdx.x % 32;
    int warp = threadIdx.x / 32;
    float q[STEPS];
    float value[STEPS];
#pragma unroll
    for (int i = 0; i < STEPS; i++) {
        q[i] = query_at(a, s, a.q, head, a.key_width, query, lane + 32 * i);
        value[i] = 0;
    }
    float best = NEVER;
    float sum = 0;
    int from = blockIdx.x * piece;
    int seen = s.seen(a, query);
    int to = from + piece < seen ? from + piece : seen;
    int earliest = s.earliest(a, query);
    from = from < earliest ? earliest : from;
    for (int j = from + warp; j < to; j += THREADS / 32) {
        float score = 0;
#pragma unroll
        for (int i = 0; i < STEPS; i++) {
            score += q[i] * key_at(a, s, group, j, lane + 32 * i);
        }
        score = a.score(lanes_sum(score, 32));
        float next = greater(best, score);
        float shrink = expf(best - next);
        float p = expf(score - next);
#pragma unroll
        for (int i = 0; i < STEPS; i++) {
            value[i] = value[i] * shrink + p * value_at(a, s, group, j, lane + 32 * i);
        }
        sum = sum * shrink + p;
        best = next;
    }
#pragma unroll
    for (int i = 0; i < STEPS; i++) {
        values[warp][lane + 32 * i] = value[i];
    }
    if (lane == 0) {
        most[warp] = best;
        sums[warp] = sum;
    }
    __syncthreads();
    best = NEVER;
    for (int i = 0; i < THREADS / 32; i++) {
        best = greater(best, most[i]);
    }
    float* part = parts + (((i64) blockIdx.z * a.heads + head) * gridDim.x + blockIdx.x) * (a.value_width + 2);
    float total = 0;
    for (int i = 0; i < THREADS / 32; i++) {
        total += best == NEVER ? 0 : expf(most[i] - best) * sums[i];
    }
    for (int d = threadIdx.x; d < a.value_width; d += THREADS) {
        float all = 0;
        for (int i = 0; i < THREADS / 32; i++) {
            all += best == NEVER ? 0 : expf(most[i] - best) * values[i][d];
        }
        part[d] = all;
    }
    if (threadIdx.x == 0) {
        part[a.value_width] = best;
        part[a.value_width + 1] = total;
    }
}

// Joins the splits, and the sinks if there are any: y (rows, H, V), sums (rows, H). Grid: heads, rows.
extern "C" __global__ void attention_join(
        const float* parts, const float* sinks, float* y, float* sums, int splits, int width) {
    i64 row = (i64) blockIdx.y * gridDim.x + blockIdx.x;
    const float* part = parts + row * splits * (width + 2);
    float sink = sinks ? sinks[blockIdx.x] : NEVER;
    float best = sink;
    for (int i = 0; i < splits; i++) {
        best = greater(best, part[i * (width + 2) + width]);
    }
    float sum = expf(sink - best);
    for (int i = 0; i < splits; i++) {
        sum += expf(part[i * (width + 2) + width] - best) * part[i * (width + 2) + width + 1];
    }
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float value = 0;
        for (int i = 0; i < splits; i++) {
            value += expf(part[i * (width + 2) + width] - best) * part[i * (width + 2) + d];
        }
        y[row * width + d] = value / sum;
    }
    if (threadIdx.x == 0) {
        sums[row] = best + logf(sum);
    }
}
