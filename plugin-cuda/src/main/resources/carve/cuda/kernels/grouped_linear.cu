// y[p] = W[e] x[p / choices] + b[e] of products p with experts e = experts[p], and the gradients of all three.
//
// x (N, K) F32, W (E, N, K) in any floating-point storage or in blocks, b (E, N). group_experts sorts products by expert; then
// a tile of a product of matrices has up to 64 products of one expert, whose weights it reads once. Few products, as in
// decoding, do without: linear.cu's grouped_rows.
#include "carve.cuh"

// starts[e] = the number of products with an expert before e, products[starts[e] ...] = those of e, in their order; and the
// number of all as starts[E]. A product whose expert does not exist is in no group. Grid: experts.
extern "C" __global__ void group_experts(
        const int* experts, int n, int count, int* products, int* starts, int* fault) {
    __shared__ int before[THREADS];
    int expert = blockIdx.x;
    int t = threadIdx.x;
    int lower = 0;
    for (int i = t; i < n; i += THREADS) {
        lower += inside(experts[i], count, fault) && experts[i] < expert;
    }
    before[t] = lower;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (t < half) {
            before[t] += before[t + half];
        }
        __syncthreads();
    }
    int next = before[0];
    __syncthreads();
    if (t == 0) {
        starts[expert] = next;
    }
    for (int from = 0; from < n; from += THREADS) {
        int mine = from + t < n && experts[from + t] == expert;
        before[t] = mine;
        __syncthreads();
        for (int step = 1; step < THREADS; step *= 2) { // inclusive sums
            int sum = before[t] + (t >= step ? before[t - step] : 0);
            __syncthreads();
            before[t] = sum;
            __syncthreads();
        }
        if (mine) {
            products[next + before[t] - 1] = from + t;
        }
        next += before[THREADS - 1];
        __syncthreads();
    }
    if (t == 0 && expert == count - 1) {
        starts[count] = next;
    }
}

struct Grouped {
    const float* rows;
    const void* weight;
    const void* bias;
    float* result;
    const int* products;
    const int* starts;
    int type;
    int bias_type;
    int count; // of experts
    int choices; // products that share a row of `rows`
    int n;
    int k;
};

// The expert of a tile of up to 64 products, and its first place in `products`; false beyond the last.
__device__ inline bool tile_of(const Grouped& g, int index, int& expert, int& from) {
    for (expert = 0; expert < g.count; expert++) {
        int tiles = (g.starts[expert + 1] - g.starts[expert] + TILE - 1) / TILE;
        if (index < tiles) {
            from = g.starts[expert] + index * TILE;
            return true;
        }
        index -= tiles;
    }
    return false;
}

// result[p, :] (width) = rows[p / choices, :] (depth) times W[e]^T, or times W[e] for the gradient of x
template <bool gradient>
__device__ inline void product(const Grouped& g) {
    int expert, from;
    if (!tile_of(g, blockIdx.y, expert, from)) {
        return;
    }
    int end = g.starts[expert + 1];
    int depth = gradient ? g.n : g.k;
    int width = gradient ? g.k : g.n;
    int columns = blockIdx.x * TILE;
    i64 first_weight = (i64) expert * g.n * g.k;
    Tile tile;
    tile.clear();
    multiply<true, !gradient>(
            tile, depth,
            [&](int i, int d) {
                return from + i < end ? g.rows[(i64) (g.products[from + i] / g.choices) * depth + d] : 0.0f;
            },
            [&](int d, int j) {
                int column = columns + j;
                i64 at = gradient ? (i64) d * g.k + column : (i64) column * g.k + d;
                return column < width ? load(g.weight, g.type, first_weight + at) : 0.0f;
            });
    tile.each([&](int i, int j, float value) {
        int column = columns + j;
        if (from + i < end && column < width) {
            float bias = g.bias == nullptr ? 0 : load(g.bias, g.bias_type, (i64) expert * g.n + column);
            g.result[(i64) g.products[from + i] * width + column] = value + bias;
        }
    });
}

// Grid: columns of the result in tiles, products in tiles of one expert, of which there may be fewer.
extern "C" __global__ void grouped_product(const Grouped g) {
    product<false>(g);
}

// The same grid; rows are gradients of y, each of one product.
extern "C" __global__ void grouped_product_gradient(const Grouped g) {
    product<true>(g);
}

// result[e] (N, K) = sum over products p of e of dy[p]^T rows[p / choices]; zero for an expert without products. `weight` is
// dy. Grid: K in tiles, N in tiles, experts.
extern "C" __global__ void grouped_weight_gradient(const Grouped g) {
    int expert = blockIdx.z;
    int from = g.starts[expert];
    int rows = blockIdx.y * TILE;
    int columns = blockIdx.x * TILE;
    const float* dy = (const float*) g.weight;
    Tile tile;
    tile.clear();
    multiply<false, false>(
            tile, g.starts[expert + 1] - from,
            [&](int i, int d) { return rows + i < g.n ? dy[(i64) g.products[from + d] * g.n + rows + i] : 0.0f; },
            [&](int d, int j) {
                return columns + j < g.k
                        ? g.rows[(i64) (g.products[from + d] / g.choices) * g.k + columns + j] : 0.0f;
            });
    tile.each([&](int i, int j, float value) {
        if (rows + i < g.n && columns + j < g.k) {
            g.result[((i64) expert * g.n + rows + i) * g.k + columns + j] = value;
        }
    });
}

// db[e, :] = the sum of dy[p, :] over products p of e
extern "C" __global__ void grouped_bias_gradient(
        const float* dy, const int* products, const int* starts, float* db, i64 size, int n) {
    for (i64 i = first(); i < size; i += stride()) {
        int expert = (int) (i / n);
        float sum = 0;
        for (int p = starts[expert]; p < starts[expert + 1]; p++) {
            sum += dy[(i64) products[p] * n + i % n];
        }
        db[i] = sum;
    }
}
