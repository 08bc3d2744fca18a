// y = silu(a) b
#include "carve.cuh"

extern "C" __global__ void swiglu_forward(const float* a, const float* b, float* y, i64 n) {
    for (i64 i = first(); i < n; i += stride()) {
        y[i] = silu(a[i]) * b[i];
    }
}

extern "C" __global__ void swiglu_backward(
        const float* a, const float* b, const float* dy, float* da, float* db, i64 n) {
    for (i64 i = first(); i < n; i += stride()) {
        da[i] = dy[i] * b[i] * silu_slope(a[i]);
        db[i] = dy[i] * silu(a[i]);
    }
}
