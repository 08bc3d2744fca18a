// cuBLAS by the functions that products of matrices need: it computes what cublasGemmStridedBatchedEx is defined to give, and
// refuses what the real one would.
#include "cublas.h"

static int handle;
static bool streamed;
static int open_handles = 0;
static int fast = 0;

static int bytes(int type) { return type == F32 ? 4 : 2; }

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
    bool types = typeA == typeB && (typeC == F32 || typeC == typeA);
    if (!types || compute != 68 && compute != 77 || compute == 77 && typeA != F32) {
        return NOT_SUPPORTED;
    }
    fast += compute == 77;
    bool narrow = lda < (opA ? k : m) || ldb < (opB ? n : k) || ldc < m;
    if (narrow || opA < 0 || opA > 1 || opB < 0 || opB > 1 || m < 0 || n < 0 || k < 0 || algorithm != -1) {
        return INVALID_VALUE;
    }
    for (int i = 0; i < batches; i++) {
        Matrix left = {(const char*) a + i * strideA * bytes(typeA), typeA, opA, lda};
        Matrix right = {(const char*) b + i * strideB * bytes(typeB), typeB, opB, ldb};
        for (int column = 0; column < n; column++) {
            for (int row = 0; row < m; row++) {
                long long to = i * strideC + row + (long long) column * ldc;
                float old = *(const float*) beta == 0 ? 0 : *(const float*) beta * at(c, typeC, to);
                put(c, typeC, to, (float) (*(const float*) alpha * dot(left, right, row, column, k) + old));
            }
        }
    }
    return 0;
}
int played_handles() { return open_handles; }
int played_fast() { return fast; }
}
