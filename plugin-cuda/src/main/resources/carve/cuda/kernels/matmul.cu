// Products of matrices, as cuBLAS defines gemm: C = op(A) op(B), columns one after the other, batches at strides.
//
// The device calls cuBLAS where there is one; this serves elsewhere, and for operands of different storage, which cuBLAS
// does not take. Accumulates in F32.
//
// Variant:
// Variant: -DTENSOR=1
// Variant: -DTENSOR=2
#include "carve.cuh"

struct Matrix {
    const void* values;
    i64 leading; // between columns
    i64 batch; // between matrices
    int type;
    int transposed;
};

__device__ inline float at(const Matrix& m, int batch, int row, int column) {
    return load(m.values, m.type, batch * m.batch + (m.transposed ? row * m.leading + column : row + column * m.leading));
}

// C is (m, n), the common extent is k. Grid: tiles of m, tiles of n, batches.
template <bool alongA, bool alongB>
__device__ void product(int m, int n, int k, const Matrix& a, const Matrix& b, const Matrix& c) {
    int rows = blockIdx.x * TILE;
    int columns = blockIdx.y * TILE;
    int batch = blockIdx.z;
    Tile tile;
    tile.clear();
    multiply<alongA, alongB>(
            tile, k,
            [&](int i, int d) { return rows + i < m ? at(a, batch, rows + i, d) : 0.0f; },
            [&](int d, int j) { return columns + j < n ? at(b, batch, d, columns + j) : 0.0f; });
    tile.each([&](int i, int j, float value) {
        if (rows + i < m && columns + j < n) {
            ((float*) c.values)[batch * c.batch + rows + i + (columns + j) * c.leading] = value;
        }
    });
}

extern "C" __global__ void gemm(int m, int n, int k, const Matrix a, const Matrix b, const Matrix c) {
    if (a.transposed && b.transposed) {
        product<true, false>(m, n, k, a, b, c);
    } else if (a.transposed) {
        product<true, true>(m, n, k, a, b, c);
    } else if (b.transposed) {
        product<false, false>(m, n, k, a, b, c);
    } else {
        product<false, true>(m, n, k, a, b, c);
    }
}
