// S[t] = a S[t-1] + k[t]^T v[t], y[t] = q[t] S[t], position by position.
//
// q and k (B, T, H, K), v and y (B, T, H, V), states (S, H, K, V); spans (S, 2): from and to among all B T positions;
// decays (H). A block has one sequence and one head; a thread has one row or one column of the state, which lies in the
// memory of a result, and so nothing to wait for.
#include "carve.cuh"

struct Part {
    i64 from, to; // positions
    i64 heads, head;
    i64 state; // where the state begins
    float decay;
    i64 line; // the thread's row or column
};

__device__ inline Part part(const int* spans, const float* decays, int keys, int values) {
    i64 s = blockIdx.x;
    i64 heads = gridDim.y;
    i64 head = blockIdx.y;
    i64 line = (i64) blockIdx.z * blockDim.x + threadIdx.x;
    return {spans[2 * s], spans[2 * s + 1], heads, head, (s * heads + head) * keys * values, decays[head], line};
}

// Where a head's row of position t begins.
__device__ inline i64 row(const Part& p, i64 t, int width) {
    return (t * p.heads + p.head) * width;
}

extern "C" __global__ void retention_forward(
        const float* q, const float* k, const float* v, const float* state, float* y, float* next,
        const int* spans, const float* decays, int keys, int values) {
    Part p = part(spans, decays, keys, values);
    if (p.line >= values) {
        return;
    }
    const float* before = state + p.state + p.line;
    float* column = next + p.state + p.line;
    for (int i = 0; i < keys; i++) {
        column[(i64) i * values] = before[(i64) i * values];
    }
    for (i64 t = p.from; t < p.to; t++) {
        const float* qt = q + row(p, t, keys);
        const float* kt = k + row(p, t, keys);
        float value = v[row(p, t, values) + p.line];
        float sum = 0;
        for (int i = 0; i < keys; i++) {
            float now = p.decay * column[(i64) i * values] + kt[i] * value;
            column[(i64) i * values] = now;
            sum += qt[i] * now;
        }
        y[row(p, t, values) + p.line] = sum;
    }
}

// dq[t] = dy[t] S[t]^T; the states are made again
extern "C" __global__ void retention_backward_q(
        const float* k, const float* v, const float* dy, const float* state, float* dq, float* scratch,
        const int* spans, const float* decays, int keys, int values) {
    Part p = part(spans, decays, keys, values);
    if (p.line >= keys) {
        return;
    }
    const float* before = state + p.state + p.line * values;
    float* now = scratch + p.state + p.line * values;
    for (int j = 0; j < values; j++) {
        now[j] = before[j];
    }
    for (i64 t = p.from; t < p.to; t++) {
        float key = k[row(p, t, keys) + p.line];
        const float* vt = v + row(p, t, values);
        const float* dyt = dy + row(p, t, values);
        float sum = 0;
        for (int j = 0; j < values; j++) {
            now[j] = p.decay * now[j] + key * vt[j];
            sum += now[j] * dyt[j];
        }
        dq[row(p, t, keys) + p.line] = sum;
    }
}

// dS[t] = a dS[t+1] + q[t]^T dy[t], dk[t] = v[t] dS[t]^T; what is left is the gradient of the state before all
extern "C" __global__ void retention_backward_k(
        const float* q, const float* v, const float* dy, const float* last, float* dk, float* first,
        const int* spans, const float* decays, int keys, int values) {
    Part p = part(spans, decays, keys, values);
    if (p.line >= keys) {
        return;
    }
    const float* after = last + p.state + p.line * values;
    float* slope = first + p.state + p.line * values;
    for (int j = 0; j < values; j++) {
        slope[j] = after[j];
    }
    for (i64 t = p.to - 1; t >= p.from; t--) {
        float query = q[row(p, t, keys) + p.line];
        const float* vt = v + row(p, t, values);
        const float* dyt = dy + row(p, t, values);
        float sum = 0;
        for (int j = 0; j < values; j++) {
            float now = slope[j] + query * dyt[j];
            sum += now * vt[j];
            slope[j] = p.decay * now;
        }
        dk[row(p, t, keys) + p.line] = sum;
    }
}

// dv[t] = k[t] dS[t]
extern "C" __global__ void retention_backward_v(
        const float* q, const float* k, const float* dy, const float* last, float* dv, float* scratch,
        const int* spans, const float* decays, int keys, int values) {
    Part p = part(spans, decays, keys, values);
    if (p.line >= values) {
        return;
    }
    const float* after = last + p.state + p.line;
    float* slope = scratch + p.state + p.line;
    for (int i = 0; i < keys; i++) {
        slope[(i64) i * values] = after[(i64) i * values];
    }
    for (i64 t = p.to - 1; t >= p.from; t--) {
        const float* qt = q + row(p, t, keys);
        const float* kt = k + row(p, t, keys);
        float slant = dy[row(p, t, values) + p.line];
        float sum = 0;
        for (int i = 0; i < keys; i++) {
            float now = slope[(i64) i * values] + qt[i] * slant;
            sum += kt[i] * now;
            slope[(i64) i * values] = p.decay * now;
        }
        dv[row(p, t, values) + p.line] = sum;
    }
}
