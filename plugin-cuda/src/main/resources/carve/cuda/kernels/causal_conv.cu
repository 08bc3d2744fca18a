// A causal depthwise convolution over positions: of x (B, T, C), weight (C, W), bias (C), state (S, C, W-1),
//   z[t, c] = bias[c] + sum over i < W of weight[c, i] h[t + i, c],  y = z or silu(z),
// where h of a sequence is its state followed by its positions; the last W-1 of h are the next state.
// spans (S, 2): the first row and the number of rows of each sequence.
#include "carve.cuh"

struct Conv {
    const float* x;
    const float* weight;
    const float* bias;
    const float* state;
    const int* spans;
    int channels;
    int width;
    int silu;
    int unused;
};

// h[k, c] of sequence s
__device__ inline float history(const Conv& v, int s, int k, int c) {
    int tail = v.width - 1;
    return k < tail ? v.state[((i64) s * v.channels + c) * tail + k]
                    : v.x[(i64) (v.spans[2 * s] + k - tail) * v.channels + c];
}

__device__ inline float convolved(const Conv& v, int s, int t, int c) {
    float z = v.bias[c];
    for (int i = 0; i < v.width; i++) {
        z += v.weight[c * v.width + i] * history(v, s, t + i, c);
    }
    return z;
}

// Grid: positions and channels, sequences.
extern "C" __global__ void conv_forward(const Conv v, float* y) {
    int s = blockIdx.y;
    i64 n = (i64) v.spans[2 * s + 1] * v.channels;
    for (i64 i = first(); i < n; i += stride()) {
        float z = convolved(v, s, i / v.channels, i % v.channels);
        y[(i64) v.spans[2 * s] * v.channels + i] = v.silu ? silu(z) : z;
    }
}

extern "C" __global__ void conv_state(const Conv v, float* next) {
    int s = blockIdx.y;
    int tail = v.width - 1;
    for (i64 i = first(); i < (i64) v.channels * tail; i += stride()) {
        next[(i64) s * v.channels * tail + i] = history(v, s, v.spans[2 * s + 1] + i % tail, i / tail);
    }
}

// dz (B, T, C) = dy silu'(z)
extern "C" __global__ void conv_slope(const Conv v, const float* dy, float* dz) {
    int s = blockIdx.y;
    i64 begin = (i64) v.spans[2 * s] * v.channels;
    i64 n = (i64) v.spans[2 * s + 1] * v.channels;
    for (i64 i = first(); i < n; i += stride()) {
        float slope = v.silu ? silu_slope(convolved(v, s, i / v.channels, i % v.channels)) : 1;
        dz[begin + i] = dy[begin + i] * slope;
    }
}

// dh[k] = sum over i of weight[i] dz[k - i], and the next state's gradient at its end; it is dstate, then dx.
extern "C" __global__ void conv_backward(const Conv v, const float* dz, const float* dnext, float* dx, float* dstate) {
    int s = blockIdx.y;
    int length = v.spans[2 * s + 1];
    int tail = v.width - 1;
    i64 begin = (i64) v.spans[2 * s] * v.channels;
    for (i64 at = first(); at < (i64) (length + tail) * v.channels; at += stride()) {
        int k = at / v.channels;
        int c = at % v.channels;
        float sum = k >= length && dnext != nullptr ? dnext[((i64) s * v.channels + c) * tail + k - length] : 0;
        for (int i = 0; i < v.width; i++) {
            int t = k - i;
            sum += t >= 0 && t < length ? v.weight[c * v.width + i] * dz[begin + (i64) t * v.channels + c] : 0;
        }
        if (k < tail) {
            dstate[((i64) s * v.channels + c) * tail + k] = sum;
        } else {
            dx[begin + (i64) (k - tail) * v.channels + c] = sum;
        }
    }
}

// Gradients of weight and bias for each group of positions of a sequence: weights (S groups, C, W), biases (S groups, C),
// to be added up. Grid: channels, groups, sequences.
extern "C" __global__ void conv_weight(const Conv v, const float* dz, float* weights, float* biases, int group) {
    int c = first();
    if (c >= v.channels) {
        return;
    }
    int s = blockIdx.z;
    i64 part = (i64) s * gridDim.y + blockIdx.y;
    int from = blockIdx.y * group;
    int length = v.spans[2 * s + 1];
    int to = from + group < length ? from + group : length;
    const float* slope = dz + (i64) v.spans[2 * s] * v.channels + c;
    for (int i = 0; i < v.width; i++) {
        float sum = 0;
        for (int t = from; t < to; t++) {
            sum += slope[(i64) t * v.channels] * history(v, s, t + i, c);
        }
        weights[(part * v.channels + c) * v.width + i] = sum;
    }
    float sum = 0;
    for (int t = from; t < to; t++) {
        sum += slope[(i64) t * v.channels];
    }
    biases[part * v.channels + c] = sum;
}
