// cuBLAS by the functions that products of matrices need, with the enumerations of cublas_api.h and library_types.h: it
// computes what cublasGemmStridedBatchedEx is defined to give, and refuses what the real one would.
#include <cmath>
#include <cstdint>
#include <cstring>

static const int NOT_INITIALIZED = 1;
static const int INVALID_VALUE = 7;
static const int NOT_SUPPORTED = 15;
static int handle;
static bool streamed;
static int open_handles = 0;
static int fast = 0;

static float from_bf16(uint16_t bits) {
    uint32_t wide = (uint32_t) bits << 16;
    float value;
    memcpy(&value, &wide, 4);
    return value;
}

static float from_f16(uint16_t bits) {
    int exponent = bits >> 10 & 31;
    float size = exponent == 0 ? std::ldexp((float) (bits & 0x3ff), -24)
            : std::ldexp((float) ((bits & 0x3ff) + 1024), exponent - 25);
    return bits & 0x8000 ? -size : size;
}

// CUDA_R_32F 0, CUDA_R_16F 2, CUDA_R_16BF 14
static float at(const void* values, int type, long long index) {
    return type == 0 ? ((const float*) values)[index]
            : type == 2 ? from_f16(((const uint16_t*) values)[index]) : from_bf16(((const uint16_t*) values)[index]);
}

extern "C" {
int cublasGetProperty(int type, int* value) {
    *value = type == 0 ? 13 : type == 1 ? 2 : 99;
    return type < 3 ? 0 : INVALID_VALUE;
}
int cublasCreate_v2(void** created) {
    *created = &handle;
    streamed = false;
    open_handles++;
    return 0;
}
int cublasDestroy_v2(void* given) { open_handles--; return given == &handle ? 0 : NOT_INITIALIZED; }
int cublasSetStream_v2(void* given, void* stream) {
    streamed = stream == (void*) 2;
    return given == &handle ? 0 : NOT_INITIALIZED;
}
int cublasGemmStridedBatchedEx(
        void* given, int opA, int opB, int m, int n, int k, const void* alpha, const void* a, int typeA, int lda,
        long long strideA, const void* b, int typeB, int ldb, long long strideB, const void* beta, void* c, int typeC,
        int ldc, long long strideC, int batches, int compute, int algorithm) {
    if (given != &handle || !streamed) {
        return NOT_INITIALIZED;
    }
    if (typeA != typeB || typeC != 0 || compute != 68 && compute != 77 || compute == 77 && typeA != 0) {
        return NOT_SUPPORTED;
    }
    fast += compute == 77;
    bool narrow = lda < (opA ? k : m) || ldb < (opB ? n : k) || ldc < m;
    if (narrow || opA < 0 || opA > 1 || opB < 0 || opB > 1 || m < 0 || n < 0 || k < 0 || algorithm != -1) {
        return INVALID_VALUE;
    }
    for (int i = 0; i < batches; i++) {
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < m; row++) {
                double sum = 0;
                for (int d = 0; d < k; d++) {
                    long long atA = opA ? d + (long long) row * lda : row + (long long) d * lda;
                    long long atB = opB ? column + (long long) d * ldb : d + (long long) column * ldb;
                    sum += (double) at(a, typeA, i * strideA + atA) * at(b, typeB, i * strideB + atB);
                }
                float* to = (float*) c + i * strideC + row + (long long) column * ldc;
                float old = *(const float*) beta == 0 ? 0 : *(const float*) beta * *to;
                *to = (float) (*(const float*) alpha * sum + old);
            }
        }
    }
    return 0;
}
int played_handles() { return open_handles; }
int played_fast() { return fast; }
}
