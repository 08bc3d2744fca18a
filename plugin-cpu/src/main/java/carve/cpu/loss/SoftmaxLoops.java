package carve.cpu.loss;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import carve.cpu.simd.LaneReduction;
import carve.cpu.simd.VectorMath;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** Loops over rows of logits in native memory. */
final class SoftmaxLoops {
    private SoftmaxLoops() {}

    /** Returns the logarithm of the sum of exp(scale x) over a row. */
    static double logSumExp(long x, int n, float scale) {
        // scale is positive
        float max = Elementwise.max(x, n) * scale;
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            FloatVector e = VectorMath.exp(load(x + 4L * i, m).mul(scale).sub(max));
            sum = sum.add(e, m);
        }
        return max + Math.log(LaneReduction.sum(sum));
    }

    /** Writes factor times the softmax of a row whose logarithm of the sum of exponentials is known. */
    static void softmax(long x, int n, double logSum, float factor, long to) {
        float shift = (float) logSum;
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            store(to + 4L * i, VectorMath.exp(load(x + 4L * i, m).sub(shift)).mul(factor), m);
        }
    }

    /** Returns sum p (log p - log q), p and q being the softmax of scale times the teacher's and student's logits. */
    static float divergence(long student, long teacher, int n, float scale, float studentSum, float teacherSum) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            FloatVector q = load(student + 4L * i, m).mul(scale).sub(studentSum);
            FloatVector p = load(teacher + 4L * i, m).mul(scale).sub(teacherSum);
            sum = sum.add(VectorMath.exp(p).mul(p.sub(q)), m);
        }
        return LaneReduction.sum(sum);
    }

    /** Writes the gradient of the divergence by the student's logits, factor (q - p). */
    static void studentGradient(
            long student, long teacher, int n, float scale, float studentSum, float teacherSum, float factor, long to) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            FloatVector q = VectorMath.exp(load(student + 4L * i, m).mul(scale).sub(studentSum));
            FloatVector p = VectorMath.exp(load(teacher + 4L * i, m).mul(scale).sub(teacherSum));
            store(to + 4L * i, q.sub(p).mul(factor), m);
        }
    }

    /** Writes the gradient of the divergence d by the teacher's logits, factor p (log p - log q - d). */
    static void teacherGradient(
            long student,
            long teacher,
            int n,
            float scale,
            float studentSum,
            float teacherSum,
            float divergence,
            float factor,
            long to) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(n - i);
            FloatVector q = load(student + 4L * i, m).mul(scale).sub(studentSum);
            FloatVector p = load(teacher + 4L * i, m).mul(scale).sub(teacherSum);
            store(to + 4L * i, VectorMath.exp(p).mul(p.sub(q).sub(divergence)).mul(factor), m);
        }
    }
}
