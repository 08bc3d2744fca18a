// Elementwise primitives: unary, binary, compare, where, cast, and filling memory.
//
// Functions are numbered as the constants of carve.api.tensor.Op. Operands are broadcast to each other by strides of 0;
// the host merges axes that lie side by side, so that operands of one shape have one axis.
#include "carve.cuh"

// y[i] = f(x[i])
extern "C" __global__ void unary(int function, const float* x, float* y, i64 n) {
    for (i64 i = first(); i < n; i += stride()) {
        float v = x[i];
        switch (function) {
            case 0: v = -v; break;
            case 1: v = fabsf(v); break;
            case 2: v = expf(v); break;
            case 3: v = logf(v); break;
            case 4: v = log1pf(v); break;
            case 5: v = sqrtf(v); break;
            case 6: v = 1 / v; break;
            case 7: v = sinf(v); break;
            case 8: v = cosf(v); break;
            case 9: v = tanhf(v); break;
            case 10: v = erff(v); break;
            case 11: v = sigmoid(v); break;
            case 12: v = silu(v); break;
            case 13: v = greater(v, 0) + log1pf(expf(-fabsf(v))); break;
        }
        y[i] = v;
    }
}

__device__ inline float apply(int function, float a, float b) {
    switch (function) {
        case 0: return a + b;
        case 1: return a - b;
        case 2: return a * b;
        case 3: return a / b;
        case 4: return greater(a, b);
        default: return a < b || a != a ? a : b;
    }
}

// Sums and products wrap around, as they do on other devices.
__device__ inline int apply(int function, int a, int b) {
    switch (function) {
        case 0: return (int) ((unsigned) a + (unsigned) b);
        case 1: return (int) ((unsigned) a - (unsigned) b);
        case 2: return (int) ((unsigned) a * (unsigned) b);
        case 3: return b == 0 ? 0 : (int) ((i64) a / b);
        case 4: return a > b ? a : b;
        default: return a < b ? a : b;
    }
}

template <class T>
__device__ void binary_as(int function, const T* a, const T* b, T* y, const Axes& axes) {
    for (i64 i = first(); i < axes.size; i += stride()) {
        Place at = place(axes, i);
        y[i] = apply(function, a[at.a], b[at.b]);
    }
}

extern "C" __global__ void binary_f32(int function, const float* a, const float* b, float* y, const Axes axes) {
    binary_as(function, a, b, y, axes);
}

extern "C" __global__ void binary_i32(int function, const int* a, const int* b, int* y, const Axes axes) {
    binary_as(function, a, b, y, axes);
}

template <class T>
__device__ void compare_as(int comparison, const T* a, const T* b, signed char* y, const Axes& axes) {
    for (i64 i = first(); i < axes.size; i += stride()) {
        Place at = place(axes, i);
        T left = a[at.a];
        T right = b[at.b];
        y[i] = comparison == 0 ? left == right : comparison == 1 ? left < right : left <= right;
    }
}

extern "C" __global__ void compare_f32(int comparison, const float* a, const float* b, signed char* y, const Axes axes) {
    compare_as(comparison, a, b, y, axes);
}

extern "C" __global__ void compare_i32(int comparison, const int* a, const int* b, signed char* y, const Axes axes) {
    compare_as(comparison, a, b, y, axes);
}

extern "C" __global__ void compare_i8(
        int comparison, const signed char* a, const signed char* b, signed char* y, const Axes axes) {
    compare_as(comparison, a, b, y, axes);
}

// y = mask != 0 ? b : c, for elements of 1, 2 or 4 bytes
template <class T>
__device__ void where_as(const signed char* mask, const void* b, const void* c, void* y, const Axes& axes) {
    for (i64 i = first(); i < axes.size; i += stride()) {
        Place at = place(axes, i);
        ((T*) y)[i] = mask[at.a] != 0 ? ((const T*) b)[at.b] : ((const T*) c)[at.c];
    }
}

extern "C" __global__ void where(
        int bytes, const signed char* mask, const void* b, const void* c, void* y, const Axes axes) {
    switch (bytes) {
        case 1: where_as<signed char>(mask, b, c, y, axes); break;
        case 2: where_as<u16>(mask, b, c, y, axes); break;
        default: where_as<int>(mask, b, c, y, axes); break;
    }
}

__device__ inline int to_int(double value) {
    return value != value ? 0 : value >= 2147483647.0 ? 2147483647 : value <= -2147483648.0 ? (int) 0x80000000 : (int) value;
}

// Numbers to nearest even where fractions are kept, towards zero where they are not; large ones become the largest I32.
extern "C" __global__ void cast(int from, const void* x, int to, void* y, i64 n) {
    for (i64 i = first(); i < n; i += stride()) {
        double wide = from == 3 ? (double) ((const int*) x)[i]
                : from == 4 ? (double) ((const signed char*) x)[i] : (double) load(x, from, i);
        switch (to) {
            case 0: ((float*) y)[i] = (float) wide; break;
            case 1: ((u16*) y)[i] = to_bf16((float) wide); break;
            case 2: ((u16*) y)[i] = to_f16((float) wide); break;
            case 3: ((int*) y)[i] = to_int(wide); break;
            default: ((signed char*) y)[i] = (signed char) to_int(wide); break;
        }
    }
}

#define BLOCK 32 // elements of a block of Q8_0 or Q4_0

// The greatest magnitude is kept with its sign, the first of several; a NaN stays.
struct Greatest {
    float magnitude;
    float value;
};

__device__ inline Greatest greatest(const void* x, int from, i64 block) {
    Greatest best = {0, 0};
    for (int i = 0; i < BLOCK; i++) {
        float value = load(x, from, block * BLOCK + i);
        float size = fabsf(value);
        if (size > best.magnitude || size != size) {
            best.magnitude = size;
            best.value = value;
        }
    }
    return best;
}

// By way of a double, so that no compiler makes one rounding of the product before and this sum.
__device__ inline int nibble(float scaled) {
    int q = (signed char) to_int((float) ((double) scaled + 8.5));
    return (q < 15 ? q : 15) & 15;
}

// Floating-point numbers to blocks of Q8_0 (5) or Q4_0 (6), bit for bit as carve.api.tensor.BlockQuantisation does it: a thread for
// each block.
extern "C" __global__ void quantise(int from, const void* x, int to, unsigned char* y, i64 blocks) {
    for (i64 block = first(); block < blocks; block += stride()) {
        Greatest best = greatest(x, from, block);
        unsigned char* out = y + block * (to == 5 ? 34 : 18);
        float scale = to == 5 ? best.magnitude / 127 : best.value / -8;
        float inverse = scale == 0 ? 0 : 1 / scale;
        *(u16*) out = to_f16(scale);
        for (int i = 0; i < BLOCK / (to == 5 ? 1 : 2); i++) {
            float a = load(x, from, block * BLOCK + i) * inverse;
            if (to == 5) {
                out[2 + i] = (unsigned char) to_int((double) a + (a < 0 ? -0.5 : 0.5));
            } else {
                float b = load(x, from, block * BLOCK + i + BLOCK / 2) * inverse;
                out[2 + i] = (unsigned char) (nibble(a) | nibble(b) << 4);
            }
        }
    }
}

// Bytes of one value.
extern "C" __global__ void fill(unsigned char* y, int value, i64 bytes) {
    for (i64 i = first(); i < bytes; i += stride()) {
        y[i] = (unsigned char) value;
    }
}

// Few values of the host travel as an argument: no pinned memory, no wait, and a graph can be given others.
struct Words {
    int values[64];
};

extern "C" __global__ void write_words(unsigned char* y, const Words words, int bytes) {
    for (int i = threadIdx.x; i < bytes; i += blockDim.x) {
        y[i] = (unsigned char) (words.values[i / 4] >> 8 * (i % 4));
    }
}
