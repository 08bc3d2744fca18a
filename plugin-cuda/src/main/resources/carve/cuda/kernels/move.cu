// Primitives that move values: permute, broadcast, slice, pad, concat, store, lower triangle, gather.
#include "carve.cuh"

// y[to + place b] = x[from + place a] for each index of the axes
template <class T>
__device__ void copy_as(const void* x, i64 from, void* y, i64 to, const Axes& axes) {
    for (i64 i = first(); i < axes.size; i += stride()) {
        Place at = place(axes, i);
        ((T*) y)[to + at.b] = ((const T*) x)[from + at.a];
    }
}

extern "C" __global__ void copy(int bytes, const void* x, i64 from, void* y, i64 to, const Axes axes) {
    switch (bytes) {
        case 1: copy_as<signed char>(x, from, y, to, axes); break;
        case 2: copy_as<u16>(x, from, y, to, axes); break;
        default: copy_as<int>(x, from, y, to, axes); break;
    }
}

// y[.., row, column] = column > row + diagonal ? 0 : x[.., row, column]
extern "C" __global__ void lower_triangle(
        int bytes, const unsigned char* x, unsigned char* y, i64 n, int rows, int columns, int diagonal) {
    for (i64 i = first(); i < n; i += stride()) {
        bool hidden = i % columns > i / columns % rows + diagonal;
        for (int j = 0; j < bytes; j++) {
            y[i * bytes + j] = hidden ? 0 : x[i * bytes + j];
        }
    }
}

// y[i, :] = table[indices[i], :]; a row of width bytes
extern "C" __global__ void gather(
        const unsigned char* table, int rows, const int* indices, unsigned char* y, i64 n, i64 width, int* fault) {
    for (i64 i = first(); i < n * width; i += stride()) {
        int index = indices[i / width];
        y[i] = inside(index, rows, fault) ? table[index * width + i % width] : 0;
    }
}

// table[indices[i], :] += x[i, :], one block for each i, into zeros. The block of an index's first occurrence adds up all
// of them in their order, so that no two blocks write to a row and the same sums give the same bits.
extern "C" __global__ void scatter_add(
        const int* indices, const float* x, float* table, int rows, int n, i64 width, int* fault) {
    int i = blockIdx.x;
    int index = indices[i];
    float earlier = 0;
    for (int j = threadIdx.x; j < i; j += THREADS) {
        earlier += indices[j] == index;
    }
    bool mine = block_sum(earlier) == 0;
    if (!mine || !inside(index, rows, fault)) {
        return;
    }
    for (i64 column = threadIdx.x; column < width; column += THREADS) {
        float sum = 0;
        for (int j = i; j < n; j++) {
            sum += indices[j] == index ? x[j * width + column] : 0;
        }
        table[index * width + column] = sum;
    }
}
