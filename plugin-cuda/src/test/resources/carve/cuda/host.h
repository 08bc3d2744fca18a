// CUDA's built-ins for a processor: the threads of a block are fibers of one thread, which take turns at barriers.
//
// Put before a kernel's source by `-include`; the launcher is generated after it. A block's fibers are kept from block
// to block. Shared memory is static, since blocks run one after the other.
#pragma once
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <ucontext.h>
#include <utility>

#define __device__
#define __global__
#define __shared__ static
#define __launch_bounds__(...)

struct Dim3 {
    unsigned x, y, z;
};

struct alignas(16) float4 {
    float x, y, z, w;
};

struct alignas(16) uint4 {
    unsigned x, y, z, w;
};

static Dim3 threadIdx, blockIdx, blockDim, gridDim;

// What threads wait at until all of them are there.
struct Barrier {
    int arrived;
    int generation;
};

struct Fiber {
    ucontext_t start;
    jmp_buf state;
    bool begun;
    bool ended;
    Barrier* waits; // or null
    int generation; // of the barrier, when it came there
    float lane; // what this thread offers to its warp
};

static const int MOST = 1024;
static Fiber fibers[MOST];
static Barrier whole;
static Barrier warps[MOST / 32];
static jmp_buf scheduler;
static int current;
static void (*body)(void**);
static void** arguments;

static void yield() {
    if (_setjmp(fibers[current].state) == 0) {
        _longjmp(scheduler, 1);
    }
}

static void fiber_loop() {
    while (true) {
        body(arguments);
        fibers[current].ended = true;
        yield();
    }
}

static void wait(Barrier& barrier, int count) {
    if (++barrier.arrived == count) {
        barrier.arrived = 0;
        barrier.generation++;
        return;
    }
    fibers[current].waits = &barrier;
    fibers[current].generation = barrier.generation;
    yield();
}

static void __syncthreads() {
    wait(whole, blockDim.x);
}

static float __shfl_xor_sync(unsigned, float value, int mask) {
    int self = current;
    int lanes = blockDim.x < 32 ? blockDim.x : 32;
    fibers[self].lane = value;
    wait(warps[self / 32], lanes);
    float other = fibers[self ^ mask].lane;
    wait(warps[self / 32], lanes);
    return other;
}

// What the threads of a warp hold of a and b while tensor cores multiply them.
struct Held {
    unsigned a[4];
    unsigned b[2];
};

static Held held[MOST / 32][32];

static float wide(unsigned bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

// One element of what a warp holds, by the tables of the PTX manual: of BF16 each register has two, of TF32 one.
static float left(int warp, bool bf16, int row, int k) {
    int half = bf16 ? 8 : 4;
    const Held& owner = held[warp][row % 8 * 4 + k % half / (half / 4)];
    unsigned bits = owner.a[row / 8 + k / half * 2];
    return wide(!bf16 ? bits : k % 2 ? bits & 0xffff0000u : bits << 16);
}

static float right(int warp, bool bf16, int k, int column) {
    int half = bf16 ? 8 : 4;
    const Held& owner = held[warp][column * 4 + k % half / (half / 4)];
    unsigned bits = owner.b[k / half];
    return wide(!bf16 ? bits : k % 2 ? bits & 0xffff0000u : bits << 16);
}

static void mma(float* c, const unsigned* a, const unsigned* b, bool bf16) {
    int warp = current / 32;
    int lane = current % 32;
    memcpy(held[warp][lane].a, a, sizeof held[warp][lane].a);
    memcpy(held[warp][lane].b, b, sizeof held[warp][lane].b);
    wait(warps[warp], 32);
    for (int i = 0; i < 4; i++) {
        for (int k = 0; k < (bf16 ? 16 : 8); k++) {
            c[i] += left(warp, bf16, lane / 4 + i / 2 * 8, k) * right(warp, bf16, k, lane % 4 * 2 + i % 2);
        }
    }
    wait(warps[warp], 32);
}

static void mma_bf16(float* c, const unsigned* a, const unsigned* b) {
    mma(c, a, b, true);
}

static void mma_tf32(float* c, const unsigned* a, const unsigned* b) {
    mma(c, a, b, false);
}

// to nearest, ties away from zero, 10 bits of fraction
static unsigned round_tf32(float value) {
    unsigned bits;
    memcpy(&bits, &value, 4);
    return (bits + 0x1000) & 0xffffe000u;
}

static unsigned short round_bf16(float value) {
    unsigned bits;
    memcpy(&bits, &value, 4);
    return (unsigned short) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void resume(int thread) {
    Fiber& fiber = fibers[thread];
    current = thread;
    threadIdx = {(unsigned) thread, 0, 0};
    if (_setjmp(scheduler) != 0) {
        return;
    }
    fiber.waits = nullptr;
    if (fiber.begun) {
        _longjmp(fiber.state, 1);
    }
    fiber.begun = true;
    const size_t stack = 256 * 1024;
    getcontext(&fiber.start);
    fiber.start.uc_stack.ss_sp = malloc(stack);
    fiber.start.uc_stack.ss_size = stack;
    fiber.start.uc_link = nullptr;
    makecontext(&fiber.start, fiber_loop, 0);
    setcontext(&fiber.start);
}

// Returns false if threads wait that nobody will come to.
static bool run_block(unsigned threads) {
    for (unsigned t = 0; t < threads; t++) {
        fibers[t].ended = false;
    }
    unsigned ended = 0;
    while (ended < threads) {
        bool moved = false;
        for (unsigned t = 0; t < threads; t++) {
            Fiber& fiber = fibers[t];
            if (!fiber.ended && !(fiber.waits && fiber.waits->generation == fiber.generation)) {
                resume((int) t);
                moved = true;
                ended += fiber.ended;
            }
        }
        if (!moved) {
            return false;
        }
    }
    return true;
}

// Returns 0, or 1 if some threads of a block ended while others waited at a barrier.
extern "C" int host_launch(
        void (*call)(void**), void** parameters, unsigned x, unsigned y, unsigned z, unsigned threads) {
    body = call;
    arguments = parameters;
    gridDim = {x, y, z};
    blockDim = {threads, 1, 1};
    for (unsigned k = 0; k < z; k++) {
        for (unsigned j = 0; j < y; j++) {
            for (unsigned i = 0; i < x; i++) {
                blockIdx = {i, j, k};
                if (!run_block(threads)) {
                    return 1;
                }
            }
        }
    }
    return 0;
}

static float __int_as_float(int bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static int __float_as_int(float value) {
    int bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static int atomicCAS(int* at, int expected, int next) {
    int old = *at;
    if (old == expected) {
        *at = next;
    }
    return old;
}

static int atomicAdd(int* at, int more) {
    int old = *at;
    *at += more;
    return old;
}

static unsigned long long atomicAdd(unsigned long long* at, unsigned long long more) {
    unsigned long long old = *at;
    *at += more;
    return old;
}

static float from_f16(unsigned short bits) {
    int exponent = bits >> 10 & 31;
    int fraction = bits & 0x3ff;
    float size = exponent == 0 ? std::ldexp((float) fraction, -24)
            : exponent < 31 ? std::ldexp((float) (fraction + 1024), exponent - 25)
            : fraction == 0 ? INFINITY : NAN;
    return bits & 0x8000 ? -size : size;
}

// To nearest, ties to even; the processor rounds so when a float is scaled to where the last bit kept is 1.
static unsigned short to_f16(float value) {
    unsigned short sign = std::signbit(value) ? 0x8000 : 0;
    float size = std::fabs(value);
    if (size != size) {
        return 0x7e00;
    }
    if (size >= 65520) {
        return sign | 0x7c00;
    }
    int exponent;
    std::frexp(size, &exponent);
    if (size < std::ldexp(1.0f, -14)) {
        return sign | (unsigned short) std::nearbyint(std::ldexp(size, 24));
    }
    int fraction = (int) std::nearbyint(std::ldexp(size, 11 - exponent)); // 1024 to 2048
    return sign | (unsigned short) (((exponent + 14) << 10) + fraction - 1024);
}

template <class... A, size_t... I>
static void invoke(void (*kernel)(A...), void** p, std::index_sequence<I...>) {
    kernel(*(typename std::remove_const<A>::type*) p[I]...);
}

// Calls a kernel with pointers to its arguments, as cuLaunchKernel does.
template <class... A>
static void invoke(void (*kernel)(A...), void** p) {
    invoke(kernel, p, std::index_sequence_for<A...>{});
}

// Copies of a kernel's arguments, as a graph keeps them.
template <class... A, size_t... I>
static void** keep(void (*)(A...), void** p, std::index_sequence<I...>) {
    return new void*[sizeof...(A)]{
            new typename std::remove_const<A>::type(*(typename std::remove_const<A>::type*) p[I])...};
}

template <class... A>
static void** keep(void (*kernel)(A...), void** p) {
    return keep(kernel, p, std::index_sequence_for<A...>{});
}
