// Norms over the last axis: of the root mean square, plain or with a SiLU gate, and LayerNorm.
//
// x, gate and y are (M, D); weight and bias (R, D), R dividing M: row m has weight row m % R (R heads, or 1). An offset is added
// to the weight; a weight or bias of 0 is none.
// gating 0: y = x / rms(x) * (weight + offset)
// gating 1: y = x / rms(x) * (weight + offset) * silu(gate)
// gating 2: y = h / rms(h) * (weight + offset), h = x * silu(gate)
// One block for each row. Forward keeps 1 / rms, and the mean for LayerNorm, for backward: scale (M), mean (M).
#include "carve.cuh"

__device__ inline float gated(int gating, const float* x, const float* gate, i64 at) {
    return gating == 2 ? x[at] * silu(gate[at]) : x[at];
}

// The weights of a row.
struct Weights {
    const float* row;
    float offset;

    __device__ Weights(const float* weight, float offset, int width, int repeat) : offset(offset) {
        row = weight ? weight + (i64) (blockIdx.x % repeat) * width : 0;
    }

    __device__ float at(int d) const {
        return row ? row[d] + offset : 1;
    }
};

extern "C" __global__ void rms_forward(
        int gating, float epsilon, float offset, const float* x, const float* gate, const float* weight, float* y,
        float* scale, int width, int repeat) {
    i64 row = (i64) blockIdx.x * width;
    float squares = 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float h = gated(gating, x, gate, row + d);
        squares += h * h;
    }
    float s = 1 / sqrtf(block_sum(squares) / width + epsilon);
    Weights w(weight, offset, width, repeat);
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float value = gated(gating, x, gate, row + d) * s * w.at(d);
        y[row + d] = gating == 1 ? value * silu(gate[row + d]) : value;
    }
    if (threadIdx.x == 0) {
        scale[blockIdx.x] = s;
    }
}

// With u the gradient of h / rms: dh = s (u - n mean(u n)), n = h s.
extern "C" __global__ void rms_backward(
        int gating, float offset, const float* x, const float* gate, const float* weight, const float* scale,
        const float* dy, float* dx, float* dgate, int width, int repeat) {
    i64 row = (i64) blockIdx.x * width;
    float s = scale[blockIdx.x];
    Weights w(weight, offset, width, repeat);
    float products = 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float u = dy[row + d] * w.at(d) * (gating == 1 ? silu(gate[row + d]) : 1);
        products += u * gated(gating, x, gate, row + d) * s;
    }
    float mean = block_sum(products) / width;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float n = gated(gating, x, gate, row + d) * s;
        float u = dy[row + d] * w.at(d);
        float dh = s * (u * (gating == 1 ? silu(gate[row + d]) : 1) - n * mean);
        dx[row + d] = gating == 2 ? dh * silu(gate[row + d]) : dh;
        if (gating == 1) {
            dgate[row + d] = u * n * silu_slope(gate[row + d]);
        } else if (gating == 2) {
            dgate[row + d] = dh * x[row + d] * silu_slope(gate[row + d]);
        }
    }
}

// The gradient of the weight, for groups of rows: parts (groups, R D), to be added up. Grid: columns, groups.
extern "C" __global__ void rms_weight(
        int gating, const float* x, const float* gate, const float* scale, const float* dy, float* parts, i64 rows,
        i64 group, int width, int repeat) {
    i64 wide = (i64) width * repeat; // the rows that share R D weights, seen as one
    i64 column = first();
    if (column >= wide) {
        return;
    }
    i64 end = (blockIdx.y + 1) * group < rows / repeat ? (blockIdx.y + 1) * group : rows / repeat;
    float sum = 0;
    for (i64 r = blockIdx.y * group; r < end; r++) {
        i64 at = r * wide + column;
        float n = gated(gating, x, gate, at) * scale[r * repeat + column / width];
        sum += dy[at] * n * (gating == 1 ? silu(gate[at]) : 1);
    }
    parts[blockIdx.y * wide + column] = sum;
}

extern "C" __global__ void layer_forward(
        float epsilon, float offset, const float* x, const float* weight, const float* bias, float* y, float* mean,
        float* scale, int width, int repeat) {
    i64 row = (i64) blockIdx.x * width;
    float sum = 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        sum += x[row + d];
    }
    float m = block_sum(sum) / width;
    float squares = 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        squares += (x[row + d] - m) * (x[row + d] - m);
    }
    float s = 1 / sqrtf(block_sum(squares) / width + epsilon);
    Weights w(weight, offset, width, repeat);
    const float* b = bias ? bias + (i64) (blockIdx.x % repeat) * width : 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        y[row + d] = (x[row + d] - m) * s * w.at(d) + (b ? b[d] : 0);
    }
    if (threadIdx.x == 0) {
        mean[blockIdx.x] = m;
        scale[blockIdx.x] = s;
    }
}

// dx = s (u - mean(u) - n mean(u n)), u = dy weight, n = (x - mean) s
extern "C" __global__ void layer_backward(
        float offset, const float* x, const float* weight, const float* mean, const float* scale, const float* dy,
        float* dx, int width, int repeat) {
    i64 row = (i64) blockIdx.x * width;
    float m = mean[blockIdx.x];
    float s = scale[blockIdx.x];
    Weights w(weight, offset, width, repeat);
    float sum = 0;
    float products = 0;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        float u = dy[row + d] * w.at(d);
        sum += u;
        products += u * (x[row + d] - m) * s;
    }
    sum = block_sum(sum) / width;
    products = block_sum(products) / width;
    for (int d = threadIdx.x; d < width; d += THREADS) {
        dx[row + d] = s * (dy[row + d] * w.at(d) - sum - (x[row + d] - m) * s * products);
    }
}

// As rms_weight, for weight and bias.
extern "C" __global__ void layer_weight(
        const float* x, const float* mean, const float* scale, const float* dy, float* weights, float* biases, i64 rows,
        i64 group, int width, int repeat) {
    i64 wide = (i64) width * repeat;
    i64 column = first();
    if (column >= wide) {
        return;
    }
    i64 end = (blockIdx.y + 1) * group < rows / repeat ? (blockIdx.y + 1) * group : rows / repeat;
    float weight = 0;
    float bias = 0;
    for (i64 r = blockIdx.y * group; r < end; r++) {
        i64 at = r * wide + column;
        i64 row = r * repeat + column / width;
        weight += dy[at] * (x[at] - mean[row]) * scale[row];
        bias += dy[at];
    }
    weights[blockIdx.y * wide + column] = weight;
    biases[blockIdx.y * wide + column] = bias;
}
