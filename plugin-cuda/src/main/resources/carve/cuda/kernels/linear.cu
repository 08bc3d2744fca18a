// y = x W^T + b, of x (M, K) F32, W (N, K) in any floating-point storage, b (N).
//
// Many rows are a product of matrices (matmul.cu or cuBLAS), to which linear_bias adds the bias. Few rows, as in decoding,
// read each weight once and are bound by that.
#include "carve.cuh"

#define ROWS 4 // of x that one warp multiplies with a row of W

// Grid: rows of W in groups of 8, one for each warp; rows of x in groups of 4.
extern "C" __global__ void linear_rows(
        const float* x, const void* weight, int type, const void* bias, int bias_type, float* y, int m, int n, int k) {
    int lane = threadIdx.x % 32;
    int column = blockIdx.x * (THREADS / 32) + threadIdx.x / 32;
    int row = blockIdx.y * ROWS;
    float sums[ROWS] = {0, 0, 0, 0};
    for (int d = lane; d < k && column < n; d += 32) {
        float w = load(weight, type, (i64) column * k + d);
#pragma unroll
        for (int i = 0; i < ROWS; i++) {
            sums[i] += row + i < m ? w * x[(i64) (row + i) * k + d] : 0;
        }
    }
#pragma unroll
    for (int i = 0; i < ROWS; i++) {
        float sum = lanes_sum(sums[i], 32);
        if (lane == 0 && column < n && row + i < m) {
            y[(i64) (row + i) * n + column] = sum + (bias == nullptr ? 0 : load(bias, bias_type, column));
        }
    }
}

// y[m, n] += b[n]
extern "C" __global__ void linear_bias(float* y, const void* bias, int type, i64 size, int n) {
    for (i64 i = first(); i < size; i += stride()) {
        y[i] += load(bias, type, i % n);
    }
}
