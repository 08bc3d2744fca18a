// What the played cuBLAS and cuBLASLt share: numbers as library_types.h and cublas_api.h have them.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

static const int NOT_INITIALIZED = 1;
static const int INVALID_VALUE = 7;
static const int NOT_SUPPORTED = 15;
static const int F32 = 0; // CUDA_R_32F
static const int F16 = 2; // CUDA_R_16F
static const int BF16 = 14; // CUDA_R_16BF

static inline float from_bf16(uint16_t bits) {
    uint32_t wide = (uint32_t) bits << 16;
    float value;
    memcpy(&value, &wide, 4);
    return value;
}

static inline float from_f16(uint16_t bits) {
    int exponent = bits >> 10 & 31;
    float size = exponent == 0 ? std::ldexp((float) (bits & 0x3ff), -24)
            : std::ldexp((float) ((bits & 0x3ff) + 1024), exponent - 25);
    return bits & 0x8000 ? -size : size;
}

static inline float at(const void* values, int type, long long index) {
    return type == F32 ? ((const float*) values)[index]
            : type == F16 ? from_f16(((const uint16_t*) values)[index]) : from_bf16(((const uint16_t*) values)[index]);
}

// the nearest of what a type has, of two the even one
static inline void put(void* values, int type, long long index, float value) {
    if (type == F32) {
        ((float*) values)[index] = value;
        return;
    }
    uint32_t bits;
    memcpy(&bits, &value, 4);
    uint16_t found = (uint16_t) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
    if (type == F16) {
        int exponent;
        std::frexp(value, &exponent);
        int least = exponent < -13 ? -24 : exponent - 11; // the place of the last bit
        long count = std::lrint(std::ldexp(std::fabs(value), -least));
        found = (uint16_t) (exponent < -13 ? count : ((exponent + 14) << 10) + (count - 1024));
        found |= value < 0 ? 0x8000 : 0;
    }
    ((uint16_t*) values)[index] = found;
}

struct Matrix {
    const void* values;
    int type;
    int transposed;
    long long leading;
};

static inline double dot(const Matrix& a, const Matrix& b, int row, int column, int k) {
    double sum = 0;
    for (int d = 0; d < k; d++) {
        long long atA = a.transposed ? d + row * a.leading : row + d * a.leading;
        long long atB = b.transposed ? column + d * b.leading : d + column * b.leading;
        sum += (double) at(a.values, a.type, atA) * at(b.values, b.type, atB);
    }
    return sum;
}
