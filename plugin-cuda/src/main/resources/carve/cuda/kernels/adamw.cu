// One step of Adam with decoupled weight decay, of many parameters at once (Loshchilov and Hutter 2019, arXiv:1711.05101,
// Algorithm 2). rate is divided by the mean's correction, root is the square's; decay[i] is 1 - rate * weight decay.
//
// A table of the parameters is an argument. A block computes CHUNK elements of one of them: of parameter i the blocks from
// start[i] to start[i + 1].
#include "carve.cuh"

#define MOST 48 // of parameters in one launch: arguments have 4096 bytes
#define CHUNK 4096

struct Parameter {
    const float* value;
    const float* gradient;
    const float* mean;
    const float* square;
    float* next_value;
    float* next_mean;
    float* next_square;
    i64 size;
};

struct Parameters {
    Parameter at[MOST];
    int start[MOST + 1];
    float decay[MOST];
    int count;
};

extern "C" __global__ void adamw(
        const Parameters all, float rate, float beta1, float beta2, float complement1, float complement2, float root,
        float epsilon) {
    int mine = 0;
    while (mine + 1 < all.count && (int) blockIdx.x >= all.start[mine + 1]) {
        mine++;
    }
    const Parameter& p = all.at[mine];
    i64 from = (i64) ((int) blockIdx.x - all.start[mine]) * CHUNK;
    for (int j = threadIdx.x; j < CHUNK && from + j < p.size; j += THREADS) {
        i64 i = from + j;
        float g = p.gradient[i];
        float m = p.mean[i] * beta1 + g * complement1;
        float s = p.square[i] * beta2 + g * g * complement2;
        p.next_mean[i] = m;
        p.next_square[i] = s;
        p.next_value[i] = p.value[i] * all.decay[mine] - m * rate / (sqrtf(s * root) + epsilon);
    }
}
