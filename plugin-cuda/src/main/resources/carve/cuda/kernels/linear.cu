// y = x W^T + b, of x (M, K) F32, W (N, K) in any floating-point storage or in blocks of Q8_0 or Q4_0, b (N).
//
// Many rows are a product of matrices (matmul.cu or cuBLAS), to which linear_bias adds the bias. Few rows, as in decoding,
// read each weight once and are bound by that: linear_rows, whose lanes read 16 bytes at a time where K is a multiple of 8,
// and linear_rows_plain where it is not.
#include "carve.cuh"

#define ROWS 8 // of x that one warp multiplies with rows of W
#define COLUMNS 2 // rows of W, which share what is read of x
#define WARPS (THREADS / 32)

// Where the 8 weights of a piece lie in their row: two runs of four. In a block of Q4_0 the upper halves of bytes stand 16
// elements after the lower ones.
template <int type>
__device__ inline int low(int piece) {
    return type == 6 ? piece / 4 * 32 + piece % 4 * 4 : 8 * piece;
}

template <int type>
__device__ inline int high(int piece) {
    return low<type>(piece) + (type == 6 ? 16 : 4);
}

__device__ inline void two(unsigned bits, int type, float* w) {
    w[0] = type == 1 ? __int_as_float((int) (bits << 16)) : from_f16((u16) bits);
    w[1] = type == 1 ? __int_as_float((int) (bits & 0xffff0000u)) : from_f16((u16) (bits >> 16));
}

// w[0 .. 7] = the weights of a piece of the row that begins at element `row`
template <int type>
__device__ inline void read_piece(const void* weight, i64 row, int piece, float* w) {
    if (type == 0) {
        const float4* from = (const float4*) ((const float*) weight + row) + 2 * piece;
        float4 a = from[0];
        float4 b = from[1];
        w[0] = a.x, w[1] = a.y, w[2] = a.z, w[3] = a.w;
        w[4] = b.x, w[5] = b.y, w[6] = b.z, w[7] = b.w;
    } else if (type == 1 || type == 2) {
        uint4 bits = ((const uint4*) ((const u16*) weight + row))[piece];
        two(bits.x, type, w);
        two(bits.y, type, w + 2);
        two(bits.z, type, w + 4);
        two(bits.w, type, w + 6);
    } else {
        // blocks lie at even addresses
        const u16* block = (const u16*) ((const unsigned char*) weight + (row / 32 + piece / 4) * (type == 5 ? 34 : 18));
        float scale = from_f16(block[0]);
        if (type == 5) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
                u16 bits = block[1 + piece % 4 * 4 + i];
                w[2 * i] = scale * (signed char) bits;
                w[2 * i + 1] = scale * (signed char) (bits >> 8);
            }
        } else {
#pragma unroll
            for (int i = 0; i < 2; i++) {
                u16 bits = block[1 + piece % 4 * 2 + i];
                w[2 * i] = scale * ((bits & 15) - 8);
                w[2 * i + 1] = scale * ((bits >> 8 & 15) - 8);
                w[2 * i + 4] = scale * ((bits >> 4 & 15) - 8);
                w[2 * i + 5] = scale * ((bits >> 12) - 8);
            }
        }
    }
}

struct Row {
    const float* x;
    const void* weight;
    const void* bias;
    float* y;
    int bias_type;
    int m;
    int n;
    int k;
};

// rows of x at once, and as many pieces of weights asked for before the first is there
template <int type, int rows, int ahead>
__device__ inline void multiply_rows(const Row& r) {
    int lane = threadIdx.x % 32;
    int column = (blockIdx.x * WARPS + threadIdx.x / 32) * COLUMNS;
    int row = blockIdx.y * rows;
    float sums[COLUMNS][rows];
#pragma unroll
    for (int i = 0; i < COLUMNS * rows; i++) {
        sums[i / rows][i % rows] = 0;
    }
#pragma unroll ahead
    for (int piece = lane; piece < r.k / 8; piece += 32) {
        float w[COLUMNS][8];
#pragma unroll
        for (int c = 0; c < COLUMNS; c++) {
            // beyond the last row the last one again, which is not written
            read_piece<type>(r.weight, (i64) (column + c < r.n ? column + c : r.n - 1) * r.k, piece, w[c]);
        }
#pragma unroll
        for (int i = 0; i < rows; i++) {
            if (row + i < r.m) {
                const float* x = r.x + (i64) (row + i) * r.k;
                float4 a = *(const float4*) (x + low<type>(piece));
                float4 b = *(const float4*) (x + high<type>(piece));
#pragma unroll
                for (int c = 0; c < COLUMNS; c++) {
                    sums[c][i] += a.x * w[c][0] + a.y * w[c][1] + a.z * w[c][2] + a.w * w[c][3] + b.x * w[c][4]
                            + b.y * w[c][5] + b.z * w[c][6] + b.w * w[c][7];
                }
            }
        }
    }
#pragma unroll
    for (int c = 0; c < COLUMNS; c++) {
#pragma unroll
        for (int i = 0; i < rows; i++) {
            if (row + i < r.m) { // the same for all lanes
                float sum = lanes_sum(sums[c][i], 32);
                if (lane == 0 && column + c < r.n) {
                    r.y[(i64) (row + i) * r.n + column + c] =
                            sum + (r.bias == nullptr ? 0 : load(r.bias, r.bias_type, column + c));
                }
            }
        }
    }
}

template <int type>
__device__ inline void multiply_rows(const Row& r) {
    if (r.m == 1) {
        multiply_rows<type, 1, 4>(r);
    } else {
        multiply_rows<type, ROWS, 1>(r);
    }
}

// K a multiple of 8. Grid: rows of W in groups of 16, two for each warp; rows of x in groups of 8.
extern "C" __global__ void linear_rows(const Row r, int type) {
    switch (type) {
        case 0: multiply_rows<0>(r); break;
        case 1: multiply_rows<1>(r); break;
        case 2: multiply_rows<2>(r); break;
        case 5: multiply_rows<5>(r); break;
        default: multiply_rows<6>(r); break;
    }
}

// Any K. The same grid.
extern "C" __global__ void linear_rows_plain(const Row r, int type) {
    int lane = threadIdx.x % 32;
    int row = blockIdx.y * ROWS;
    for (int c = 0; c < COLUMNS; c++) {
        int column = (blockIdx.x * WARPS + threadIdx.x / 32) * COLUMNS + c;
        for (int i = row; i < row + ROWS && i < r.m; i++) {
            float sum = 0;
            for (int d = lane; d < r.k && column < r.n; d += 32) {
                sum += load(r.weight, type, (i64) column * r.k + d) * r.x[(i64) i * r.k + d];
            }
            sum = lanes_sum(sum, 32);
            if (lane == 0 && column < r.n) {
                r.y[(i64) i * r.n + column] = sum + (r.bias == nullptr ? 0 : load(r.bias, r.bias_type, column));
            }
        }
    }
}

// y[m, n] += b[n]
extern "C" __global__ void linear_bias(float* y, const void* bias, int type, i64 size, int n) {
    for (i64 i = first(); i < size; i += stride()) {
        y[i] += load(bias, type, i % n);
    }
}
