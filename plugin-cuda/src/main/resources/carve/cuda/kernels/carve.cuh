// What all kernels share: indices, storage types, sums of a block, and the product of two tiles.
//
// A kernel is compiled by NVRTC or nvcc for a card and, in tests, by a C++ compiler for the processor, where the
// built-ins of CUDA are functions of a small header. So kernels keep to C++17 without a library, write no inline
// assembly outside of this file, and call a barrier with all threads of a block.
#pragma once

typedef long long i64; // offsets are 64 bits wide: a tensor may have more than 2^31 elements
typedef unsigned short u16;

#define THREADS 256 // of every block, unless a kernel says otherwise
#define NEVER __int_as_float(0xff800000) // -infinity

// The axes of an operation on strided tensors, outermost first; strides are in elements.
struct Axes {
    i64 size; // product of the extents
    int rank; // at most 8
    int unused;
    i64 extent[8];
    i64 a[8];
    i64 b[8];
    i64 c[8];
};

// Where an element of each operand is.
struct Place {
    i64 a, b, c;
};

__device__ inline Place place(const Axes& axes, i64 index) {
    Place at = {0, 0, 0};
    for (int axis = axes.rank - 1; axis >= 0; axis--) {
        i64 step = index % axes.extent[axis];
        index /= axes.extent[axis];
        at.a += step * axes.a[axis];
        at.b += step * axes.b[axis];
        at.c += step * axes.c[axis];
    }
    return at;
}

// Loops `for (i64 i = first(); i < n; i += stride())` cover n with any grid.
__device__ inline i64 first() {
    return (i64) blockIdx.x * blockDim.x + threadIdx.x;
}

__device__ inline i64 stride() {
    return (i64) gridDim.x * blockDim.x;
}

// Storage types, as carve.cuda.Code in Java: 0 F32, 1 BF16, 2 F16, 3 I32, 4 I8, 5 Q8_0, 6 Q4_0.
__device__ inline float from_bf16(u16 bits) {
    return __int_as_float((int) ((unsigned) bits << 16));
}

// to nearest, ties to even; a NaN stays one
__device__ inline u16 to_bf16(float value) {
    unsigned bits = (unsigned) __float_as_int(value);
    if (value != value) {
        return (u16) (bits >> 16 | 0x40);
    }
    return (u16) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#ifdef __CUDACC__
__device__ inline float from_f16(u16 bits) {
    float value;
    asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
    return value;
}

__device__ inline u16 to_f16(float value) {
    u16 bits;
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}
#endif

// Blocks of 32 elements, as carve.api.tensor.Blocks defines them: an F16 scale, then integers of 8 or 4 bits.
#define BLOCK 32

__device__ inline float from_block(const void* values, int type, i64 at) {
    const unsigned char* block = (const unsigned char*) values + at / BLOCK * (type == 5 ? 34 : 18);
    float scale = from_f16(*(const u16*) block);
    int i = (int) (at % BLOCK);
    if (type == 5) {
        return scale * (signed char) block[2 + i];
    }
    int pair = block[2 + i % 16];
    return scale * ((i < 16 ? pair & 15 : pair >> 4) - 8);
}

// Returns an element of F32, BF16 or F16 storage, or of blocks.
__device__ inline float load(const void* values, int type, i64 at) {
    if (type == 0) {
        return ((const float*) values)[at];
    }
    if (type >= 5) {
        return from_block(values, type, at);
    }
    u16 bits = ((const u16*) values)[at];
    return type == 1 ? from_bf16(bits) : from_f16(bits);
}

__device__ inline float sigmoid(float x) {
    float e = expf(-fabsf(x));
    return (x >= 0 ? 1 : e) / (1 + e);
}

__device__ inline float silu(float x) {
    return x * sigmoid(x);
}

// d silu / dx
__device__ inline float silu_slope(float x) {
    float s = sigmoid(x);
    return s * (1 + x * (1 - s));
}

// As Java's: a NaN wins.
__device__ inline float greater(float a, float b) {
    return a > b || a != a ? a : b;
}

// The sum over a block's threads, to all of them, in an order that does not change from run to run.
__device__ inline float block_sum(float value) {
    __shared__ float parts[THREADS];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if ((int) threadIdx.x < half) {
            parts[threadIdx.x] += parts[threadIdx.x + half];
        }
        __syncthreads();
    }
    float sum = parts[0];
    __syncthreads();
    return sum;
}

__device__ inline float block_max(float value) {
    __shared__ float parts[THREADS];
    parts[threadIdx.x] = value;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if ((int) threadIdx.x < half) {
            parts[threadIdx.x] = greater(parts[threadIdx.x], parts[threadIdx.x + half]);
        }
        __syncthreads();
    }
    float most = parts[0];
    __syncthreads();
    return most;
}

// The sum over 2, 4, 8, 16 or 32 neighbouring threads, to all of them.
__device__ inline float lanes_sum(float value, int lanes) {
    for (int offset = lanes / 2; offset > 0; offset /= 2) {
        value += __shfl_xor_sync(0xffffffffu, value, offset);
    }
    return value;
}

// Products of matrices in tiles of 64 x 64, by 256 threads, each of which owns 4 x 4 elements: thread (y, x) those of
// rows y + 16 i and columns x + 16 j. All heavy kernels are written with it, so that it is the one place to make fast.
#define TILE 64
#define SLICE 16

struct Tile {
    float at[4][4];

    __device__ void clear() {
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < 4; j++) {
                at[i][j] = 0;
            }
        }
    }

    // Calls body(row, column, value) for each element of this thread.
    template <class Body>
    __device__ void each(Body body) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
#pragma unroll
            for (int j = 0; j < 4; j++) {
                body((int) threadIdx.x / 16 + 16 * i, (int) threadIdx.x % 16 + 16 * j, at[i][j]);
            }
        }
    }
};

struct Slices {
    float left[SLICE][TILE + 1];
    float right[SLICE][TILE + 1];
};

// One for all products of a kernel, which follow each other.
__device__ inline Slices& slices() {
    __shared__ Slices shared;
    return shared;
}

// tile[m, n] += sum over k < depth of a(m, k) * b(k, n); a and b give 0 outside of their matrices, and may be called
// with k >= depth. alongA and alongB say whether neighbouring k of an operand lie side by side in memory, so that
// neighbouring threads read neighbours.
template <bool alongA, bool alongB, class A, class B>
__device__ inline void multiply(Tile& tile, int depth, A a, B b) {
    Slices& s = slices();
    int y = threadIdx.x / 16;
    int x = threadIdx.x % 16;
    for (int from = 0; from < depth; from += SLICE) {
#pragma unroll 1
        for (int i = threadIdx.x; i < SLICE * TILE; i += THREADS) {
            int k = alongA ? i % SLICE : i / TILE;
            int m = alongA ? i / SLICE : i % TILE;
            s.left[k][m] = from + k < depth ? a(m, from + k) : 0;
            k = alongB ? i % SLICE : i / TILE;
            m = alongB ? i / SLICE : i % TILE;
            s.right[k][m] = from + k < depth ? b(from + k, m) : 0;
        }
        __syncthreads();
#pragma unroll 4
        for (int k = 0; k < SLICE; k++) {
#pragma unroll
            for (int i = 0; i < 4; i++) {
#pragma unroll
                for (int j = 0; j < 4; j++) {
                    tile.at[i][j] += s.left[k][y + 16 * i] * s.right[k][x + 16 * j];
                }
            }
        }
        __syncthreads();
    }
}
