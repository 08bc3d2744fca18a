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

// Storage types, as carve.cuda.Code in Java: 0 F32, 1 BF16, 2 F16, 3 I32, 4 I8, 5 Q8_0, 6 Q4_0,
// 7 Q4_1, 8 Q5_0, 9 Q5_1, 10 Q4_K, 11 Q5_K, 12 Q6_K.
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

// Tensor cores, from sm_80 on: c (16, 8) += a (16, K) b (K, 8) by the 32 threads of a warp, K 16 in BF16 and 8 in TF32. Each
// thread holds parts of all three, see "Matrix Fragments for mma.m16n8k16" and "m16n8k8" in the PTX manual: with g = lane /
// 4 and q = lane % 4,
//   c: (g, 2 q), (g, 2 q + 1), (g + 8, 2 q), (g + 8, 2 q + 1)
//   a in BF16: (g, 2 q and 2 q + 1), (g + 8, the same), (g, 2 q + 8 and 2 q + 9), (g + 8, the same); in TF32: (g, q),
//   (g + 8, q), (g, q + 4), (g + 8, q + 4)
//   b in BF16: (2 q and 2 q + 1, g), (2 q + 8 and 2 q + 9, g); in TF32: (q, g), (q + 4, g)
#if defined(TENSOR) && defined(__CUDACC__)
__device__ inline void mma_bf16(float* c, const unsigned* a, const unsigned* b) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ inline void mma_tf32(float* c, const unsigned* a, const unsigned* b) {
    asm("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
            : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

__device__ inline u16 round_bf16(float value) {
    u16 bits;
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(value));
    return bits;
}

__device__ inline unsigned round_tf32(float value) {
    unsigned bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
}
#endif

// Blocks of quantised types, as carve.api.tensor.BlockQuantisation defines them. They lie at even addresses.
__device__ inline int block_elements(int type) {
    return type < 10 ? 32 : 256;
}

__device__ inline int block_bytes(int type) {
    switch (type) {
        case 5: return 34;
        case 6: return 18;
        case 7: return 20;
        case 8: return 22;
        case 9: return 24;
        case 10: return 144;
        case 11: return 176;
        default: return 210;
    }
}

// The scale and the minimum, 6 bits each, of a group of 32 elements of Q4_K or Q5_K.
__device__ inline int group_scale(const unsigned char* block, int group) {
    const unsigned char* at = block + 4 + group;
    return group < 4 ? at[0] & 63 : (at[4] & 15) | at[-4] >> 6 << 4;
}

__device__ inline int group_min(const unsigned char* block, int group) {
    const unsigned char* at = block + 4 + group;
    return group < 4 ? at[4] & 63 : at[4] >> 4 | at[0] >> 6 << 4;
}

__device__ inline float half_at(const unsigned char* at) {
    return from_f16(*(const u16*) at);
}

__device__ inline int nibble_of(int pair, bool high) {
    return high ? pair >> 4 : pair & 15;
}

__device__ inline float from_scale_min_block(const unsigned char* block, int type, int i) {
    int group = i / 32;
    const unsigned char* integers = block + (type == 11 ? 48 : 16);
    int q = nibble_of(integers[i / 64 * 32 + i % 32], group % 2);
    if (type == 11) {
        q |= (block[16 + i % 32] >> group & 1) << 4;
    }
    float scale = half_at(block) * group_scale(block, group);
    return scale * q - half_at(block + 2) * group_min(block, group);
}

__device__ inline float from_q6_k(const unsigned char* block, int i) {
    int low = nibble_of(block[i / 128 * 64 + i % 64], i % 128 / 64);
    int high = block[128 + i / 128 * 32 + i % 32] >> i % 128 / 32 * 2 & 3;
    return half_at(block + 208) * (signed char) block[192 + i / 16] * ((low | high << 4) - 32);
}

// An integer of a block of Q5_0 or Q5_1: its fifth bit is in the first four bytes.
__device__ inline int five_bits(const unsigned char* integers, int i) {
    return nibble_of(integers[4 + i % 16], i / 16) | (integers[i / 8] >> i % 8 & 1) << 4;
}

__device__ inline float from_block(const void* values, int type, i64 at) {
    const unsigned char* block = (const unsigned char*) values + at / block_elements(type) * block_bytes(type);
    int i = (int) (at % block_elements(type));
    switch (type) {
        case 5: return half_at(block) * (signed char) block[2 + i];
        case 6: return half_at(block) * (nibble_of(block[2 + i % 16], i / 16) - 8);
        case 7: return half_at(block) * nibble_of(block[4 + i % 16], i / 16) + half_at(block + 2);
        case 8: return half_at(block) * (five_bits(block + 2, i) - 16);
        case 9: return half_at(block) * five_bits(block + 4, i) + half_at(block + 2);
        case 12: return from_q6_k(block, i);
        default: return from_scale_min_block(block, type, i);
    }
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

// An index outside of a table leaves (1, index, rows) for the host to find when it next waits.
__device__ inline bool inside(int index, int rows, int* fault) {
    if (index >= 0 && index < rows) {
        return true;
    }
    if (atomicCAS(fault, 0, 1) == 0) {
        fault[1] = index;
        fault[2] = rows;
    }
    return false;
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
// Compiled with -DTENSOR=1 the operands are rounded to BF16, with -DTENSOR=2 to TF32, and tensor cores multiply them.
#define TILE 64

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

#ifndef TENSOR
#define SLICE 16

struct Slices {
    float left[SLICE][TILE + 1];
    float right[SLICE][TILE + 1];
};
#else
#define SLICE 32
#if TENSOR == 1
#define STEP 16
#define PAD 8
typedef u16 Rounded;
#else
#define STEP 8
#define PAD 4
typedef unsigned Rounded;
#endif

// Rows have so many words that the threads of a warp read different banks.
union Slices {
    struct {
        Rounded left[TILE][SLICE + PAD];
        Rounded right[TILE][SLICE + PAD];
    };
    float product[TILE][TILE + 1];
};
#endif

// One for all products of a kernel, which follow each other.
__device__ inline Slices& slices() {
    __shared__ Slices shared;
    return shared;
}

// tile[m, n] += sum over k < depth of a(m, k) * b(k, n); a and b give 0 outside of their matrices, and may be called
// with k >= depth. alongA and alongB say whether neighbouring k of an operand lie side by side in memory, so that
// neighbouring threads read neighbours.
#ifndef TENSOR
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
#else
__device__ inline Rounded rounded(float value) {
#if TENSOR == 1
    return round_bf16(value);
#else
    return round_tf32(value);
#endif
}

// parts[i] = what this thread holds of rows from `row` on, 8 i % 16 further, and of columns from `column` on, 8 i / 16 steps
// further: a of 4 parts, or b, whose rows are its columns, of 2
template <int parts>
__device__ inline void fragment(unsigned* held, const Rounded (*rows)[SLICE + PAD], int row, int column) {
    int g = threadIdx.x % 32 / 4;
    int q = threadIdx.x % 4;
#pragma unroll
    for (int i = 0; i < parts; i++) {
        int down = parts == 4 ? i % 2 * 8 : 0;
        int along = (parts == 4 ? i / 2 : i) * (STEP / 2);
        // of BF16 two neighbours at once
        held[i] = *(const unsigned*) &rows[row + g + down][column + along + q * (STEP / 8)];
    }
}

// Each of 8 warps computes 16 x 32 of the product; it then goes through shared memory to the threads that own it.
template <bool alongA, bool alongB, class A, class B>
__device__ inline void multiply(Tile& tile, int depth, A a, B b) {
    Slices& s = slices();
    int lane = threadIdx.x % 32;
    int row = threadIdx.x / 64 * 16;
    int column = threadIdx.x / 32 % 2 * 32;
    float sums[4][4];
#pragma unroll
    for (int i = 0; i < 16; i++) {
        sums[i / 4][i % 4] = 0;
    }
    for (int from = 0; from < depth; from += SLICE) {
#pragma unroll 1
        for (int i = threadIdx.x; i < SLICE * TILE; i += THREADS) {
            int k = alongA ? i % SLICE : i / TILE;
            int m = alongA ? i / SLICE : i % TILE;
            s.left[m][k] = rounded(from + k < depth ? a(m, from + k) : 0);
            k = alongB ? i % SLICE : i / TILE;
            m = alongB ? i / SLICE : i % TILE;
            s.right[m][k] = rounded(from + k < depth ? b(from + k, m) : 0);
        }
        __syncthreads();
#pragma unroll
        for (int k = 0; k < SLICE; k += STEP) {
            unsigned left[4];
            fragment<4>(left, s.left, row, k);
#pragma unroll
            for (int j = 0; j < 4; j++) {
                unsigned right[2];
                fragment<2>(right, s.right, column + 8 * j, k);
#if TENSOR == 1
                mma_bf16(sums[j], left, right);
#else
                mma_tf32(sums[j], left, right);
#endif
            }
        }
        __syncthreads();
    }
#pragma unroll
    for (int j = 0; j < 4; j++) {
#pragma unroll
        for (int i = 0; i < 4; i++) {
            s.product[row + lane / 4 + i / 2 * 8][column + 8 * j + lane % 4 * 2 + i % 2] = sums[j][i];
        }
    }
    __syncthreads();
#pragma unroll
    for (int i = 0; i < 4; i++) {
#pragma unroll
        for (int j = 0; j < 4; j++) {
            tile.at[i][j] += s.product[threadIdx.x / 16 + 16 * i][threadIdx.x % 16 + 16 * j];
        }
    }
    __syncthreads();
}
#endif
