// One step of Adam with decoupled weight decay; rate is divided by the mean's correction, root is the square's, decay is
// 1 - rate * weight decay.
#include "carve.cuh"

extern "C" __global__ void adamw(
        const float* parameter, const float* gradient, const float* mean, const float* square, float* next_parameter,
        float* next_mean, float* next_square, i64 n, float rate, float beta1, float beta2, float complement1,
        float complement2, float root, float epsilon, float decay) {
    for (i64 i = first(); i < n; i += stride()) {
        float g = gradient[i];
        float m = mean[i] * beta1 + g * complement1;
        float s = square[i] * beta2 + g * g * complement2;
        next_mean[i] = m;
        next_square[i] = s;
        next_parameter[i] = parameter[i] * decay - m * rate / (sqrtf(s * root) + epsilon);
    }
}
