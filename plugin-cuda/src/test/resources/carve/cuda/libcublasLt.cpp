// cuBLASLt by the functions that a product with a bias needs, with the enumerations of cublasLt.h: it computes what
// cublasLtMatmul is defined to give for CUBLASLT_EPILOGUE_BIAS, chooses an algorithm for rows that are multiples of 16 bytes,
// as the real one does, and refuses what that one would.
#include "cublas.h"

struct Layout {
    int type;
    uint64_t rows, columns;
    int64_t leading;
};

struct Product {
    int compute, scale, transA, transB, epilogue;
    const float* bias;
};

struct Result { // cublasLtMatmulHeuristicResult_t
    uint64_t algorithm[8];
    size_t workspace;
    int state;
    float waves;
    int reserved[4];
};

static const uint64_t ALGORITHM = 0xc0ffee;
static const size_t NEEDED = 1 << 20;
static int handle;
static int alive = 0; // handles, descriptions and layouts that nobody has given back
static int choices = 0;
static int products = 0;

extern "C" {
int cublasLtCreate(void** created) { *created = &handle; alive++; return 0; }
int cublasLtDestroy(void* given) { alive--; return given == &handle ? 0 : INVALID_VALUE; }
int cublasLtMatmulDescCreate(Product** created, int compute, int scale) {
    *created = new Product{compute, scale, 0, 0, 1, nullptr};
    alive++;
    return 0;
}
int cublasLtMatmulDescDestroy(Product* given) { delete given; alive--; return 0; }
int cublasLtMatmulDescSetAttribute(Product* product, int attribute, const void* value, size_t bytes) {
    if (bytes != (attribute == 8 ? 8 : 4)) {
        return INVALID_VALUE;
    }
    switch (attribute) {
        case 3: product->transA = *(const int*) value; return 0;
        case 4: product->transB = *(const int*) value; return 0;
        case 7: product->epilogue = *(const int*) value; return 0;
        case 8: product->bias = *(const float* const*) value; return 0;
        default: return INVALID_VALUE;
    }
}
int cublasLtMatrixLayoutCreate(Layout** created, int type, uint64_t rows, uint64_t columns, int64_t leading) {
    *created = new Layout{type, rows, columns, leading};
    alive++;
    return leading < (int64_t) rows ? INVALID_VALUE : 0;
}
int cublasLtMatrixLayoutDestroy(Layout* given) { delete given; alive--; return 0; }
int cublasLtMatmulPreferenceCreate(size_t** created) { *created = new size_t(0); alive++; return 0; }
int cublasLtMatmulPreferenceDestroy(size_t* given) { delete given; alive--; return 0; }
int cublasLtMatmulPreferenceSetAttribute(size_t* preference, int attribute, const void* value, size_t bytes) {
    *preference = *(const size_t*) value;
    return attribute == 1 && bytes == sizeof(size_t) ? 0 : INVALID_VALUE;
}
int cublasLtMatmulAlgoGetHeuristic(
        void* given, const Product* p, const Layout* a, const Layout* b, const Layout* c, const Layout* d,
        const size_t* preference, int wanted, Result* result, int* found) {
    choices++;
    *found = 0;
    if (given != &handle || wanted != 1 || c != d || p->epilogue != 4 || p->bias == nullptr) {
        return INVALID_VALUE;
    }
    bool types = a->type == b->type && (d->type == F32 || d->type == a->type) && p->scale == F32;
    bool computes = p->compute == 68 || p->compute == 77 && a->type == F32;
    if (!types || !computes || *preference < NEEDED || a->leading * (a->type == F32 ? 4 : 2) % 16 != 0) {
        return NOT_SUPPORTED;
    }
    *result = {{ALGORITHM}, NEEDED, 0, 1, {}};
    *found = 1;
    return 0;
}
int cublasLtMatmul(
        void* given, const Product* p, const float* alpha, const void* a, const Layout* la, const void* b, const Layout* lb,
        const float* beta, const void* c, const Layout* lc, void* d, const Layout* ld, const uint64_t* algorithm,
        void* workspace, size_t bytes, void* stream) {
    uint64_t m = p->transA ? la->columns : la->rows;
    uint64_t k = p->transA ? la->rows : la->columns;
    uint64_t n = p->transB ? lb->rows : lb->columns;
    bool fits = (p->transB ? lb->columns : lb->rows) == k && ld->rows == m && ld->columns == n && lc == ld && c == d;
    bool runs = given == &handle && *algorithm == ALGORITHM && workspace != nullptr && bytes >= NEEDED;
    if (!fits || !runs || stream != (void*) 2 || p->epilogue != 4 || p->bias == nullptr || *alpha != 1 || *beta != 0) {
        return INVALID_VALUE;
    }
    products++;
    memset(workspace, -1, NEEDED);
    Matrix left = {a, la->type, p->transA, la->leading};
    Matrix right = {b, lb->type, p->transB, lb->leading};
    for (uint64_t column = 0; column < n; column++) {
        for (uint64_t row = 0; row < m; row++) {
            float sum = (float) (dot(left, right, (int) row, (int) column, (int) k) + p->bias[row]);
            put(d, ld->type, row + column * ld->leading, sum);
        }
    }
    return 0;
}
int played_alive() { return alive; }
int played_choices() { return choices; }
int played_products() { return products; }
}
