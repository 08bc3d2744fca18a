// Losses over a vocabulary, a row at a time: logits (M, V), one block for each row, which passes over its V columns once
// for the sums and once for the gradient; the softmax is never stored.
#include "carve.cuh"

// The logarithm of the sum of exp(scale x) over a row, to all threads.
__device__ inline float log_sum_exp(const float* x, int columns, float scale) {
    float most = NEVER;
    for (int v = threadIdx.x; v < columns; v += THREADS) {
        most = greater(most, scale * x[v]);
    }
    most = block_max(most);
    float sum = 0;
    for (int v = threadIdx.x; v < columns; v += THREADS) {
        sum += expf(scale * x[v] - most);
    }
    return logf(block_sum(sum)) + most;
}

// loss[m] = sums[m] - logits[m, target], 0 where the target is negative; sums is kept for backward.
extern "C" __global__ void cross_entropy_forward(
        const float* logits, const int* targets, float* loss, float* sums, int columns) {
    const float* x = logits + (i64) blockIdx.x * columns;
    int target = targets[blockIdx.x];
    float sum = log_sum_exp(x, columns, 1);
    if (threadIdx.x == 0) {
        sums[blockIdx.x] = sum;
        loss[blockIdx.x] = target < 0 ? 0 : target < columns ? sum - x[target] : sum;
    }
}

// dlogits = (softmax - one at the target) dloss
extern "C" __global__ void cross_entropy_backward(
        const float* logits, const int* targets, const float* sums, const float* dloss, float* dlogits, int columns) {
    i64 row = (i64) blockIdx.x * columns;
    int target = targets[blockIdx.x];
    float slope = target < 0 ? 0 : dloss[blockIdx.x];
    for (int v = threadIdx.x; v < columns; v += THREADS) {
        dlogits[row + v] = slope == 0 ? 0 : slope * (expf(logits[row + v] - sums[blockIdx.x]) - (v == target));
    }
}

// loss[m] = sum p (log p - log q), p the teacher's and q the student's softmax of scale * logits.
// sums (M, 2), of student and teacher, is kept for backward.
extern "C" __global__ void kl_forward(
        const float* student, const float* teacher, float* loss, float* sums, int columns, float scale) {
    i64 row = (i64) blockIdx.x * columns;
    float q = log_sum_exp(student + row, columns, scale);
    float p = log_sum_exp(teacher + row, columns, scale);
    float sum = 0;
    for (int v = threadIdx.x; v < columns; v += THREADS) {
        float log_p = scale * teacher[row + v] - p;
        sum += expf(log_p) * (log_p - (scale * student[row + v] - q));
    }
    sum = block_sum(sum);
    if (threadIdx.x == 0) {
        loss[blockIdx.x] = sum;
        sums[2 * (i64) blockIdx.x] = q;
        sums[2 * (i64) blockIdx.x + 1] = p;
    }
}

// dstudent = scale (q - p) dloss, dteacher = scale p (log p - log q - loss) dloss
extern "C" __global__ void kl_backward(
        const float* student, const float* teacher, const float* loss, const float* sums, const float* dloss,
        float* dstudent, float* dteacher, int columns, float scale) {
    i64 row = (i64) blockIdx.x * columns;
    float slope = dloss[blockIdx.x] * scale;
    for (int v = threadIdx.x; v < columns; v += THREADS) {
        float log_q = scale * student[row + v] - sums[2 * (i64) blockIdx.x];
        float log_p = scale * teacher[row + v] - sums[2 * (i64) blockIdx.x + 1];
        float p = expf(log_p);
        dstudent[row + v] = slope * (expf(log_q) - p);
        dteacher[row + v] = slope * p * (log_p - log_q - loss[blockIdx.x]);
    }
}
