// y = x W^T + b, of x (M, K) F32, W (N, K) in any floating-point or quantised storage, b (N).
//
// Many rows are a product of matrices (matmul.cu or cuBLAS), to which linear_bias adds the bias. Few rows, as in decoding,
// read each weight once and are bound by that: linear_rows, whose lanes read 16 bytes at a time where K is a multiple of 8,
// and linear_rows_plain where it is not.
#include "carve.cuh"

#define ROWS 8 // of x that one warp multiplies with rows of W
#define COLUMNS 2 // rows of W, which share what is read of x
#define WARPS (THREADS / 32)

// How many elements after the lower halves of bytes the upper halves of the same bytes stand; 0 where there are none.
template <int type>
__device__ inline int half_run() {
    return type < 6 ? 0 : type < 10 ? 16 : type < 12 ? 32 : 64;
}

// Where the 8 weights of a piece lie in their row: two runs of four, of the lower and of the upper halves of four bytes.
template <int type>
__device__ inline int low(int piece) {
    int run = half_run<type>();
    return run == 0 ? 8 * piece : piece / (run / 4) * (2 * run) + piece % (run / 4) * 4;
}

template <int type>
__device__ inline int high(int piece) {
    return low<type>(piece) + (half_run<type>() == 0 ? 4 : half_run<type>());
}

__device__ inline void two(unsigned bits, int type, float* w) {
    w[0] = type == 1 ? __int_as_float((int) (bits << 16)) : from_f16((u16) bits);
    w[1] = type == 1 ? __int_as_float((int) (bits & 0xffff0000u)) : from_f16((u16) (bits >> 16));
}

__device__ inline unsigned word(const unsigned char* bytes) {
    return ((const u16*) bytes)[0] | (unsigned) ((const u16*) bytes)[1] << 16;
}

// w[0 .. 3] = first_scale q + first_min and w[4 .. 7] = second_scale q + second_min, q of the halves of four bytes, with more
// bits of each from `more`: those of byte i at bit 8 i for the lower half, and in `other` for the upper.
__device__ inline void halves(
        const unsigned char* bytes,
        unsigned more,
        unsigned other,
        float first_scale,
        float first_min,
        float second_scale,
        float second_min,
        float* w) {
    unsigned bits = word(bytes);
    unsigned lower = (bits & 0x0f0f0f0fu) | more << 4;
    unsigned upper = (bits >> 4 & 0x0f0f0f0fu) | other << 4;
#pragma unroll
    for (int i = 0; i < 4; i++) {
        w[i] = first_scale * (int) (lower >> 8 * i & 255) + first_min;
        w[4 + i] = second_scale * (int) (upper >> 8 * i & 255) + second_min;
    }
}

// Four bits, one in each byte.
__device__ inline unsigned spread(unsigned bits) {
    return (bits & 1) | (bits & 2) << 7 | (bits & 4) << 14 | (bits & 8) << 21;
}

// w[0 .. 7] = the weights of a piece of a block
template <int type>
__device__ inline void read_block(const unsigned char* block, int piece, float* w) {
    if (type == 5) {
        float scale = half_at(block);
#pragma unroll
        for (int i = 0; i < 4; i++) {
            u16 bits = ((const u16*) block)[1 + piece * 4 + i];
            w[2 * i] = scale * (signed char) bits;
            w[2 * i + 1] = scale * (signed char) (bits >> 8);
        }
    } else if (type == 6) {
        float scale = half_at(block);
        halves(block + 2 + 4 * piece, 0, 0, scale, -8 * scale, scale, -8 * scale, w);
    } else if (type == 7) {
        float scale = half_at(block);
        float min = half_at(block + 2);
        halves(block + 4 + 4 * piece, 0, 0, scale, min, scale, min, w);
    } else if (type == 8 || type == 9) {
        const unsigned char* integers = block + (type == 8 ? 2 : 4);
        unsigned fifths = word(integers) >> 4 * piece;
        float scale = half_at(block);
        float min = type == 8 ? -16 * scale : half_at(block + 2);
        halves(integers + 4 + 4 * piece, spread(fifths), spread(fifths >> 16), scale, min, scale, min, w);
    } else if (type == 12) {
        int half = piece / 16;
        int at = piece % 16 * 4;
        unsigned more = word(block + 128 + 32 * half + at % 32) >> at / 32 * 2;
        const signed char* scales = (const signed char*) block + 192 + 8 * half + at / 16;
        float first = half_at(block + 208) * scales[0];
        float second = half_at(block + 208) * scales[4];
        halves(block + 64 * half + at, more & 0x03030303u, more >> 4 & 0x03030303u, first, -32 * first, second,
                -32 * second, w);
    } else {
        int group = piece / 8 * 2;
        int at = piece % 8 * 4;
        unsigned more = type == 11 ? word(block + 16 + at) >> group : 0;
        float scale = half_at(block);
        float min = -half_at(block + 2);
        halves(block + (type == 11 ? 48 : 16) + piece / 8 * 32 + at, more & 0x01010101u, more >> 1 & 0x01010101u,
                scale * group_scale(block, group), min * group_min(block, group),
                scale * group_scale(block, group + 1), min * group_min(block, group + 1), w);
    }
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
        int pieces = type < 10 ? 4 : 32;
        i64 block = row / (8 * pieces) + piece / pieces;
        read_block<type>((const unsigned char*) weight + block * block_bytes(type), piece % pieces, w);
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

// rows of x at once, from `row` on, and as many pieces of weights asked for before the first is there; W and b begin at row
// `base` of what r has
template <int type, int rows, int ahead>
__device__ inline void multiply_rows(const Row& r, int row, i64 base) {
    int lane = threadIdx.x % 32;
    int column = (blockIdx.x * WARPS + threadIdx.x / 32) * COLUMNS;
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
            read_piece<type>(r.weight, (base + (column + c < r.n ? column + c : r.n - 1)) * r.k, piece, w[c]);
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
                            sum + (r.bias == nullptr ? 0 : load(r.bias, r.bias_type, base + column + c));
                }
            }
        }
    }
}

template <int type>
struct Stored {
    static const int value = type;
};

// Calls body with the storage type of weights as a type.
template <class Body>
__device__ inline void with_type(int type, Body body) {
    switch (type) {
        case 0: body(Stored<0>()); break;
        case 1: body(Stored<1>()); break;
        case 2: body(Stored<2>()); break;
        case 5: body(Stored<5>()); break;
        case 6: body(Stored<6>()); break;
        case 7: body(Stored<7>()); break;
        case 8: body(Stored<8>()); break;
        case 9: body(Stored<9>()); break;
        case 10: body(Stored<10>()); break;
        case 11: body(Stored<11>()); break;
        default: body(Stored<12>()); break;
    }
}

template <int type>
__device__ inline void multiply_rows(const Row& r) {
    if (r.m == 1) {
        multiply_rows<type, 1, 4>(r, 0, 0);
    } else {
        multiply_rows<type, ROWS, 1>(r, blockIdx.y * ROWS, 0);
    }
}

// K a multiple of 8. Grid: rows of W in groups of 16, two for each warp; rows of x in groups of 8.
extern "C" __global__ void linear_rows(const Row r, int type) {
    with_type(type, [&](auto stored) { multiply_rows<decltype(stored)::value>(r); });
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

// Linear layers of experts (grouped_linear.cu): product p is that of row p / choices of x with the expert experts[p].
struct Grouped {
    const float* x;
    const void* weight;
    const void* bias;
    float* y;
    const int* experts;
    int* fault;
    int bias_type;
    int count; // of experts
    int choices;
    int n;
    int k;
    int unused;
};

// Grid: rows of W in groups of 16; products.
extern "C" __global__ void grouped_rows(const Grouped g, int type) {
    int product = blockIdx.y;
    int expert = g.experts[product];
    if (!inside(expert, g.count, g.fault)) {
        return;
    }
    i64 base = (i64) expert * g.n;
    Row r = {g.x + (i64) (product / g.choices) * g.k, g.weight, g.bias, g.y + (i64) product * g.n, g.bias_type, 1, g.n, g.k};
    if (g.k % 8 == 0) {
        with_type(type, [&](auto stored) { multiply_rows<decltype(stored)::value, 1, 4>(r, 0, base); });
        return;
    }
    int lane = threadIdx.x % 32;
    for (int c = 0; c < COLUMNS; c++) {
        int column = (blockIdx.x * WARPS + threadIdx.x / 32) * COLUMNS + c;
        float sum = 0;
        for (int d = lane; d < r.k && column < r.n; d += 32) {
            sum += load(r.weight, type, (base + column) * r.k + d) * r.x[d];
        }
        sum = lanes_sum(sum, 32);
        if (lane == 0 && column < r.n) {
            r.y[column] = sum + (r.bias == nullptr ? 0 : load(r.bias, r.bias_type, base + column));
        }
    }
}

// y[m, n] += b[n]
extern "C" __global__ void linear_bias(float* y, const void* bias, int type, i64 size, int n) {
    for (i64 i = first(); i < size; i += stride()) {
        y[i] += load(bias, type, i % n);
    }
}
