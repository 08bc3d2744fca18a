// Primitives that reduce: sum, sum to a shape, max, argmax and cumulative sum.
//
// The axes of the operand are kept or reduced: element o of the result is over x[place of o in kept + place of r in
// reduced], all r. By a thread for each result where there are many, by a block where there are few.
#include "carve.cuh"

template <class T>
__device__ void sum_by_thread(const T* x, T* y, const Axes& kept, const Axes& reduced) {
    for (i64 o = first(); o < kept.size; o += stride()) {
        i64 base = place(kept, o).a;
        T sum = 0;
        for (i64 r = 0; r < reduced.size; r++) {
            sum += x[base + place(reduced, r).a];
        }
        y[o] = sum;
    }
}

extern "C" __global__ void sum_by_thread_f32(const float* x, float* y, const Axes kept, const Axes reduced) {
    sum_by_thread(x, y, kept, reduced);
}

extern "C" __global__ void sum_by_thread_i32(const int* x, int* y, const Axes kept, const Axes reduced) {
    sum_by_thread(x, y, kept, reduced);
}

// one block for each o
extern "C" __global__ void sum_by_block_f32(const float* x, float* y, const Axes kept, const Axes reduced) {
    i64 base = place(kept, blockIdx.x).a;
    float sum = 0;
    for (i64 r = threadIdx.x; r < reduced.size; r += THREADS) {
        sum += x[base + place(reduced, r).a];
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        y[blockIdx.x] = sum;
    }
}

__device__ inline float most(float a, float b) {
    return greater(a, b);
}

__device__ inline int most(int a, int b) {
    return a > b ? a : b;
}

template <class T>
__device__ void max_over(const T* x, T* y, T least, const Axes& kept, const Axes& reduced) {
    for (i64 o = first(); o < kept.size; o += stride()) {
        i64 base = place(kept, o).a;
        T best = least;
        for (i64 r = 0; r < reduced.size; r++) {
            best = most(best, x[base + place(reduced, r).a]);
        }
        y[o] = best;
    }
}

extern "C" __global__ void max_f32(const float* x, float* y, const Axes kept, const Axes reduced) {
    max_over(x, y, NEVER, kept, reduced);
}

extern "C" __global__ void max_i32(const int* x, int* y, const Axes kept, const Axes reduced) {
    max_over(x, y, (int) 0x80000000, kept, reduced);
}

// the first of the greatest; one block for each o
template <class T>
__device__ void argmax_over(const T* x, int* y, const Axes& kept, const Axes& reduced) {
    __shared__ T values[THREADS];
    __shared__ int places[THREADS];
    int t = threadIdx.x;
    i64 base = place(kept, blockIdx.x).a;
    int best = t;
    for (int r = t; r < reduced.size; r += THREADS) {
        if (x[base + place(reduced, r).a] > x[base + place(reduced, best).a]) {
            best = r;
        }
    }
    places[t] = best;
    values[t] = t < reduced.size ? x[base + place(reduced, best).a] : 0;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (t < half && places[t + half] < reduced.size) {
            bool better = values[t + half] > values[t] || values[t + half] == values[t] && places[t + half] < places[t];
            if (better) {
                values[t] = values[t + half];
                places[t] = places[t + half];
            }
        }
        __syncthreads();
    }
    if (t == 0) {
        y[blockIdx.x] = places[0];
    }
}

extern "C" __global__ void argmax_f32(const float* x, int* y, const Axes kept, const Axes reduced) {
    argmax_over(x, y, kept, reduced);
}

extern "C" __global__ void argmax_i32(const int* x, int* y, const Axes kept, const Axes reduced) {
    argmax_over(x, y, kept, reduced);
}

// x and y (lines / inner, count, inner): y[:, i, :] is the sum of x up to i, or from i on
extern "C" __global__ void cumulative_sum(const float* x, float* y, i64 lines, int count, i64 inner, int reverse) {
    for (i64 line = first(); line < lines; line += stride()) {
        i64 start = line / inner * inner * count + line % inner;
        float sum = 0;
        for (int i = 0; i < count; i++) {
            i64 at = start + (reverse ? count - 1 - i : i) * inner;
            sum += x[at];
            y[at] = sum;
        }
    }
}
