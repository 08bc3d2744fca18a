// Rotary position embedding of x (B, T, H, K), cos and sin (T, R/2): for i < R/2 the pair (a, b) becomes
//   (a cos[i] - b sin[i], b cos[i] + a sin[i]),
// and y = x from R on. The pair is x[i] and x[i + R/2] or, interleaved, x[2 i] and x[2 i + 1]. Backward is the rotation back,
// sign = -1.
#include "carve.cuh"

extern "C" __global__ void rope(
        const float* x, const float* cosine, const float* sine, float* y, i64 n, int positions, int heads, int width,
        int half, int interleaved, float sign) {
    for (i64 at = first(); at < n; at += stride()) {
        int i = at % width;
        i64 t = at / width / heads % positions;
        if (i >= 2 * half) {
            y[at] = x[at];
            continue;
        }
        bool second = interleaved ? i % 2 : i >= half;
        int distance = interleaved ? 1 : half;
        i64 angle = t * half + (interleaved ? i / 2 : i % half);
        float s = sign * sine[angle];
        y[at] = second ? x[at] * cosine[angle] + x[at - distance] * s : x[at] * cosine[angle] - x[at + distance] * s;
    }
}
