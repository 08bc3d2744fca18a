// A token of each row of logits (R, V), as carve.api.op.SampleToken defines it, by one block, without sorting.
//
// The order of tokens is that of keys, whole numbers that grow with logits, and of ids where keys are equal. Weights are
// exp((x - max) / temperature) in units of 2^-40: sums of whole numbers are the same in any order, so atomics may add them.
// A place in the order is found digit by digit of the key, from the highest, by the sums of each digit's tokens.
#include "carve.cuh"

typedef unsigned long long u64;

#define ONE 1099511627776.0 // 2^40
#define DIGITS 256
#define GREATEST 3.40282347e38f // of the finite numbers

struct Sample {
    const float* logits;
    const int* excluded;
    const double* draws; // (R)
    unsigned* keys; // (R, V), scratch
    u64* weights; // (R, V), scratch
    int* tokens; // (R)
    int* checked; // (R): the tokens, or -1 where a logit is not finite
    double temperature;
    double top_p;
    int top_k;
    int excluded_count;
    int columns;
    int unused;
};

// A row, and what its threads tell each other.
struct Search {
    const unsigned* keys;
    const u64* weights;
    int columns;
};

// A group of equal keys, and what is before it in the order.
struct Group {
    unsigned key;
    u64 before;
    u64 weight;
};

__device__ inline unsigned key_of(float x) {
    unsigned bits = (unsigned) __float_as_int(x + 0.0f); // no negative zero
    return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}

// The group at which the count of tokens, or the sum of their weights, reaches a target of at least 1.
__device__ inline Group find(const Search& s, bool count, u64 target) {
    __shared__ u64 sums[DIGITS];
    __shared__ u64 before;
    __shared__ u64 weight;
    __shared__ int digit;
    unsigned key = 0;
    unsigned mask = 0;
    if (threadIdx.x == 0) {
        before = 0;
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        sums[threadIdx.x] = 0;
        __syncthreads();
        for (int i = threadIdx.x; i < s.columns; i += THREADS) {
            if ((s.keys[i] & mask) == key) {
                atomicAdd(&sums[s.keys[i] >> shift & 255], count ? 1 : s.weights[i]);
            }
        }
        __syncthreads();
        if (threadIdx.x == 0) {
            digit = DIGITS - 1;
            while (digit > 0 && before + sums[digit] < target) {
                before += sums[digit--];
            }
        }
        __syncthreads();
        key |= (unsigned) digit << shift;
        mask |= 255u << shift;
        __syncthreads();
    }
    for (int i = threadIdx.x; i < s.columns; i += THREADS) {
        if (s.keys[i] == key) {
            weight = s.weights[i]; // the same of all of them
        }
    }
    __syncthreads();
    Group found = {key, before, weight};
    __syncthreads();
    return found;
}

// The sum of weights of tokens with a greater key.
__device__ inline u64 above(const Search& s, unsigned key) {
    __shared__ u64 sum;
    if (threadIdx.x == 0) {
        sum = 0;
    }
    __syncthreads();
    for (int i = threadIdx.x; i < s.columns; i += THREADS) {
        if (s.keys[i] > key) {
            atomicAdd(&sum, s.weights[i]);
        }
    }
    __syncthreads();
    u64 found = sum;
    __syncthreads();
    return found;
}

// How many tokens of the group it takes to reach the target.
__device__ inline u64 needed(const Group& p, u64 target) {
    return p.weight == 0 || target <= p.before ? 1 : (target - p.before + p.weight - 1) / p.weight;
}

// Writes the id of token number n, from 1, of those with a key.
__device__ inline void choose(const Search& s, unsigned key, u64 n, const Sample& given) {
    __shared__ int counts[THREADS];
    int each = (s.columns + THREADS - 1) / THREADS;
    int from = threadIdx.x * each;
    int count = 0;
    for (int i = from; i < from + each && i < s.columns; i++) {
        count += s.keys[i] == key;
    }
    counts[threadIdx.x] = count;
    __syncthreads();
    u64 earlier = 0;
    for (int t = 0; t < (int) threadIdx.x; t++) {
        earlier += counts[t];
    }
    if (n > earlier && n <= earlier + count) {
        for (int i = from; i < s.columns; i++) {
            earlier += s.keys[i] == key;
            if (earlier == n) {
                given.tokens[blockIdx.x] = i;
                given.checked[blockIdx.x] = i;
                return;
            }
        }
    }
}

// Grid: rows.
extern "C" __global__ void sample(const Sample given) {
    i64 row = (i64) blockIdx.x * given.columns;
    const float* x = given.logits + row;
    unsigned* keys = given.keys + row;
    u64* weights = given.weights + row;
    float most = NEVER;
    float broken = 0;
    for (int i = threadIdx.x; i < given.columns; i += THREADS) {
        bool out = x[i] != x[i];
        broken = x[i] <= GREATEST ? broken : 1.0f;
        for (int j = 0; j < given.excluded_count; j++) {
            out |= given.excluded[j] == i;
        }
        keys[i] = out ? 0 : key_of(x[i]); // less than that of any number
        most = out ? most : greater(most, x[i]);
    }
    most = block_max(most);
    if (block_max(broken) > 0) {
        if (threadIdx.x == 0) {
            given.tokens[blockIdx.x] = 0;
            given.checked[blockIdx.x] = -1;
        }
        return;
    }
    for (int i = threadIdx.x; i < given.columns; i += THREADS) {
        double share = given.temperature == 0 || keys[i] == 0
                ? 0
                : exp(((double) x[i] - (double) most) / given.temperature);
        weights[i] = (u64) (share * ONE + 0.5);
    }
    __syncthreads();
    Search s = {keys, weights, given.columns};
    if (given.temperature == 0) {
        choose(s, find(s, true, 1).key, 1, given);
        return;
    }
    u64 mass = above(s, 0);
    if (given.top_k > 0 && given.top_k < given.columns) {
        Group last = find(s, true, given.top_k);
        mass = above(s, last.key) + (given.top_k - last.before) * last.weight;
    }
    if (given.top_p < 1) {
        double share = ceil(given.top_p * (double) mass);
        u64 target = share < 1 ? 1 : (u64) share;
        Group last = find(s, false, target);
        mass = last.before + needed(last, target) * last.weight;
    }
    u64 target = (u64) (given.draws[blockIdx.x] * (double) mass) + 1;
    target = target > mass ? mass : target;
    Group chosen = find(s, false, target);
    choose(s, chosen.key, needed(chosen, target), given);
}
