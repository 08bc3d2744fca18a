// The choice of experts of each row and its gradient, as carve.api.op.TopKRouting defines them. Grid: rows.
#include "carve.cuh"

#define MAX_EXPERTS 1024
#define SOFTMAX 0
#define SIGMOID 1
#define SOFTMAX_OF_CHOSEN 2
#define LEAST_SUM 1e-20f

struct Routing {
    const float* logits;
    const float* correction;
    float* weights;
    int* numbers;
    int experts;
    int chosen; // how many
    int scoring;
    int normalized;
    float scale;
    int groups;
    int chosen_groups;
    int scores_per_group;
};

// scores[e] of this block's row
__device__ inline void score(const Routing& r, float* scores) {
    const float* logits = r.logits + (i64) blockIdx.x * r.experts;
    float most = NEVER;
    for (int e = threadIdx.x; e < r.experts; e += THREADS) {
        scores[e] = r.scoring == SIGMOID ? sigmoid(logits[e]) : logits[e];
        most = greater(most, scores[e]);
    }
    if (r.scoring == SOFTMAX) {
        most = block_max(most);
        float sum = 0;
        for (int e = threadIdx.x; e < r.experts; e += THREADS) {
            scores[e] = expf(scores[e] - most);
            sum += scores[e];
        }
        sum = block_sum(sum);
        for (int e = threadIdx.x; e < r.experts; e += THREADS) {
            scores[e] /= sum;
        }
    }
    __syncthreads();
}

// The place of the first greatest value, which becomes minus infinity; by one thread.
__device__ inline int take_greatest(float* values, int count) {
    int best = 0;
    for (int i = 1; i < count; i++) {
        best = values[i] > values[best] ? i : best;
    }
    values[best] = NEVER;
    return best;
}

// The same by all threads of the block.
__device__ inline int block_take_greatest(float* values, int count) {
    __shared__ float greatest[THREADS];
    __shared__ int places[THREADS];
    int t = threadIdx.x;
    int best = t;
    for (int i = t + THREADS; i < count; i += THREADS) {
        best = values[i] > values[best] ? i : best;
    }
    places[t] = best;
    greatest[t] = best < count ? values[best] : NEVER;
    __syncthreads();
    for (int half = THREADS / 2; half > 0; half /= 2) {
        if (t < half && places[t + half] < count) {
            bool more = greatest[t + half] > greatest[t];
            bool earlier = greatest[t + half] == greatest[t] && places[t + half] < places[t];
            if (more || earlier) {
                greatest[t] = greatest[t + half];
                places[t] = places[t + half];
            }
        }
        __syncthreads();
    }
    best = places[0];
    __syncthreads();
    if (t == 0) {
        values[best] = NEVER;
    }
    __syncthreads();
    return best;
}

// Makes the choice minus infinity outside of the best groups; `left` is memory for as many values.
__device__ inline void close_other_groups(const Routing& r, float* choice, float* left) {
    __shared__ float goodness[MAX_EXPERTS];
    __shared__ int open[MAX_EXPERTS];
    int width = r.experts / r.groups;
    for (int e = threadIdx.x; e < r.experts; e += THREADS) {
        left[e] = choice[e];
    }
    __syncthreads();
    for (int g = threadIdx.x; g < r.groups; g += THREADS) {
        float sum = 0;
        for (int i = 0; i < r.scores_per_group; i++) {
            sum += choice[g * width + take_greatest(left + g * width, width)];
        }
        goodness[g] = sum;
        open[g] = 0;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        for (int i = 0; i < r.chosen_groups; i++) {
            open[take_greatest(goodness, r.groups)] = 1;
        }
    }
    __syncthreads();
    for (int e = threadIdx.x; e < r.experts; e += THREADS) {
        choice[e] = open[e / width] ? choice[e] : NEVER;
    }
    __syncthreads();
}

// Replaces the scores of the chosen experts by weights before the scale and returns the sum that they are divided by; by one
// thread.
__device__ inline float share(const Routing& r, float* chosen) {
    float most = NEVER;
    float sum = 0;
    if (r.scoring == SOFTMAX_OF_CHOSEN) {
        for (int i = 0; i < r.chosen; i++) {
            most = greater(most, chosen[i]);
        }
        for (int i = 0; i < r.chosen; i++) {
            chosen[i] = expf(chosen[i] - most);
            sum += chosen[i];
        }
        for (int i = 0; i < r.chosen; i++) {
            chosen[i] /= sum;
        }
        sum = 0;
    }
    for (int i = 0; i < r.chosen; i++) {
        sum += chosen[i];
    }
    return r.normalized ? sum + LEAST_SUM : 1;
}

extern "C" __global__ void choose_experts(const Routing r) {
    __shared__ float scores[MAX_EXPERTS];
    __shared__ float choice[MAX_EXPERTS];
    __shared__ float chosen[MAX_EXPERTS];
    score(r, scores);
    for (int e = threadIdx.x; e < r.experts; e += THREADS) {
        choice[e] = r.correction == nullptr ? scores[e] : scores[e] + r.correction[e];
    }
    __syncthreads();
    if (r.groups > 1) {
        close_other_groups(r, choice, chosen);
    }
    int* numbers = r.numbers + (i64) blockIdx.x * r.chosen;
    for (int i = 0; i < r.chosen; i++) {
        int best = block_take_greatest(choice, r.experts);
        if (threadIdx.x == 0) {
            numbers[i] = best;
            chosen[i] = scores[best];
        }
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        float sum = share(r, chosen);
        for (int i = 0; i < r.chosen; i++) {
            r.weights[(i64) blockIdx.x * r.chosen + i] = chosen[i] / sum * r.scale;
        }
    }
}

// gradient[row, e] of the logits; r.weights are the gradients of the weights
extern "C" __global__ void choose_experts_gradient(const Routing r, float* gradient) {
    __shared__ float scores[MAX_EXPERTS];
    __shared__ float chosen[MAX_EXPERTS];
    __shared__ float of_chosen[MAX_EXPERTS];
    __shared__ float means[1];
    score(r, scores);
    const int* numbers = r.numbers + (i64) blockIdx.x * r.chosen;
    if (threadIdx.x == 0) {
        for (int i = 0; i < r.chosen; i++) {
            chosen[i] = scores[numbers[i]];
            of_chosen[i] = r.weights[(i64) blockIdx.x * r.chosen + i];
        }
        // w_i = scale s_i / S has the gradient scale (dw_i - sum over j of dw_j s_j / S) / S
        float sum = share(r, chosen);
        float mean = 0;
        for (int i = 0; r.normalized && i < r.chosen; i++) {
            mean += of_chosen[i] * chosen[i] / sum;
        }
        means[0] = 0;
        for (int i = 0; i < r.chosen; i++) {
            of_chosen[i] = r.scale * (of_chosen[i] - mean) / sum;
            means[0] += of_chosen[i] * chosen[i];
        }
    }
    __syncthreads();
    float* row = gradient + (i64) blockIdx.x * r.experts;
    for (int e = threadIdx.x; e < r.experts; e += THREADS) {
        row[e] = r.scoring == SOFTMAX ? -means[0] * scores[e] : 0;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < r.chosen; i += THREADS) {
        float slope = r.scoring == SIGMOID ? 1 - chosen[i] : 1;
        float shift = r.scoring == SOFTMAX_OF_CHOSEN ? means[0] : 0;
        row[numbers[i]] += (of_chosen[i] - shift) * chosen[i] * slope;
    }
}
