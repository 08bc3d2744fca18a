// Rotary position embedding in the half-rotation form: of x (B, T, H, K), cos and sin (T, R/2), for i < R/2
//   y[i] = x[i] cos[i] - x[i + R/2] sin[i],  y[i + R/2] = x[i + R/2] cos[i] + x[i] sin[i],
// and y = x from R on. Backward is the rotation back, sign = -1.
#include "carve.cuh"

extern "C" __global__ void rope(
        const float* x, const float* cosine, const float* sine, float* y, i64 n, int positions, int heads, int width,
        int half, float sign) {
    for (i64 at = first(); at < n; at += stride()) {
        int i = at % width;
        i64 t = at / width / heads % positions;
        if (i >= 2 * half) {
            y[at] = x[at];
        } else if (i < half) {
            y[at] = x[at] * cosine[t * half + i] - sign * x[at + half] * sine[t * half + i];
        } else {
            y[at] = x[at] * cosine[t * half + i - half] + sign * x[at - half] * sine[t * half + i - half];
        }
    }
}
