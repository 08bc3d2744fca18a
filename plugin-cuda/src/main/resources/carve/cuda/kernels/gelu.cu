// y = x/2 (1 + s(x)), where s is erf(x / sqrt(2)), or tanh(u), u = sqrt(2/pi) (x + 0.044715 x^3).
#include "carve.cuh"

__device__ inline float inner(float x) {
    return 0.7978845608028654f * (x + 0.044715f * x * x * x);
}

__device__ inline float side(float x, int by_tanh) {
    return by_tanh ? tanhf(inner(x)) : erff(0.7071067811865476f * x);
}

// (1 + s(x)) / 2 + x/2 s'(x)
__device__ inline float gelu_slope(float x, int by_tanh) {
    float s = side(x, by_tanh);
    float slope = by_tanh ? (1 - s * s) * 0.7978845608028654f * (1 + 3 * 0.044715f * x * x)
            : 0.7978845608028654f * expf(-0.5f * x * x);
    return 0.5f * (1 + s) + 0.5f * x * slope;
}

extern "C" __global__ void gelu_forward(const float* x, float* y, i64 n, int by_tanh) {
    for (i64 i = first(); i < n; i += stride()) {
        y[i] = 0.5f * x[i] * (1 + side(x[i], by_tanh));
    }
}

extern "C" __global__ void gelu_backward(const float* x, const float* dy, float* dx, i64 n, int by_tanh) {
    for (i64 i = first(); i < n; i += stride()) {
        dx[i] = dy[i] * gelu_slope(x[i], by_tanh);
    }
}
