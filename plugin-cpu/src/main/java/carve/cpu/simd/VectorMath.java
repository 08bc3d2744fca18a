package carve.cpu.simd;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.I;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;

/**
 * Transcendental functions of F32 vectors, to about one unit in the last place.
 *
 * <p>Polynomials are those of the Cephes library (Moshier 1992); the error function is that of N. Juffa. Results below
 * the smallest normal number are 0.
 *
 * <p>The compiler of the JVM stops to inline into a method that has grown to 18,000 nodes of its own, which some sixty operations
 * on vectors make, those of inlined methods counted; only the Vector API's own are inlined everywhere. A vector that is then given
 * to a method, or comes from one, is boxed, and the kernel many times slower. So a method has one of these functions, in one
 * place, and masks, which make many nodes, are for what remains of whole vectors; what is needed twice goes by an array. Whether
 * vectors are boxed is seen in what a recording of a long run says of allocations.
 */
public final class VectorMath {
    private static final float MAGIC = 0x1.8p23f; // adding it leaves the nearest integer in the low bits
    private static final float LOG2_E = 1.44269504f;
    private static final float LN2_HIGH = 0.693359375f;
    private static final float LN2_LOW = -2.12194440e-4f;
    private static final float EXP_LOWEST = -87.33654f;
    private static final float EXP_HIGHEST = 88.72283f;

    private VectorMath() {}

    /** Returns e to the x. */
    public static FloatVector exp(FloatVector x) {
        FloatVector shifted = x.fma(FloatVector.broadcast(F, LOG2_E), FloatVector.broadcast(F, MAGIC));
        FloatVector n = shifted.sub(MAGIC);
        FloatVector r = n.fma(FloatVector.broadcast(F, -LN2_HIGH), x);
        r = n.fma(FloatVector.broadcast(F, -LN2_LOW), r);
        FloatVector p = FloatVector.broadcast(F, 1.9875691500e-4f);
        p = p.fma(r, FloatVector.broadcast(F, 1.3981999507e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 8.3334519073e-3f));
        p = p.fma(r, FloatVector.broadcast(F, 4.1665795894e-2f));
        p = p.fma(r, FloatVector.broadcast(F, 1.6666665459e-1f));
        p = p.fma(r, FloatVector.broadcast(F, 5.0000001201e-1f));
        p = p.fma(r.mul(r), r).add(1f);
        IntVector bits = p.reinterpretAsInts().add(shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23));
        FloatVector result = bits.reinterpretAsFloats();
        result = result.blend(0f, x.compare(VectorOperators.LT, EXP_LOWEST));
        return result.blend(Float.POSITIVE_INFINITY, x.compare(VectorOperators.GT, EXP_HIGHEST));
    }

    /** Returns the natural logarithm. */
    static FloatVector log(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        // brings the mantissa to [sqrt(1/2), sqrt(2))
        IntVector shifted = bits.sub(0x3f3504f3);
        IntVector exponent = shifted.lanewise(VectorOperators.ASHR, 23);
        FloatVector m = bits.sub(exponent.lanewise(VectorOperators.LSHL, 23))
                .reinterpretAsFloats()
                .sub(1f);
        FloatVector e = exponent.add(0x4b400000).reinterpretAsFloats().sub(MAGIC);
        FloatVector z = m.mul(m);
        FloatVector p = FloatVector.broadcast(F, 7.0376836292e-2f);
        p = p.fma(m, FloatVector.broadcast(F, -1.1514610310e-1f));
        p = p.fma(m, FloatVector.broadcast(F, 1.1676998740e-1f));
        p = p.fma(m, FloatVector.broadcast(F, -1.2420140846e-1f));
        p = p.fma(m, FloatVector.broadcast(F, 1.4249322787e-1f));
        p = p.fma(m, FloatVector.broadcast(F, -1.6668057665e-1f));
        p = p.fma(m, FloatVector.broadcast(F, 2.0000714765e-1f));
        p = p.fma(m, FloatVector.broadcast(F, -2.4999993993e-1f));
        p = p.fma(m, FloatVector.broadcast(F, 3.3333331174e-1f));
        p = p.mul(m).mul(z);
        p = e.fma(FloatVector.broadcast(F, LN2_LOW), p);
        p = z.fma(FloatVector.broadcast(F, -0.5f), p);
        FloatVector result = e.fma(FloatVector.broadcast(F, LN2_HIGH), m.add(p));
        result = result.blend(Float.NEGATIVE_INFINITY, x.compare(VectorOperators.LT, Float.MIN_NORMAL));
        result = result.blend(Float.NaN, x.compare(VectorOperators.LT, 0f));
        VectorMask<Float> unordered =
                x.compare(VectorOperators.LT, Float.POSITIVE_INFINITY).not();
        return result.blend(x, unordered);
    }

    /** Returns log(1 + x), exact to the last place also where x is small. */
    static FloatVector log1p(FloatVector x) {
        FloatVector w = x.add(1f);
        FloatVector lost = x.sub(w.sub(1f)).div(w);
        FloatVector finite = log(w).add(lost);
        return finite.blend(w, w.compare(VectorOperators.EQ, Float.POSITIVE_INFINITY));
    }

    /** Returns 1 / (1 + exp(-x)). */
    public static FloatVector sigmoid(FloatVector x) {
        FloatVector one = FloatVector.broadcast(F, 1f);
        return one.div(exp(x.neg()).add(1f));
    }

    /** Returns x times sigmoid(x). */
    public static FloatVector silu(FloatVector x) {
        return x.mul(sigmoid(x));
    }

    /** Returns the derivative of silu. */
    public static FloatVector siluDerivative(FloatVector x) {
        FloatVector s = sigmoid(x);
        FloatVector one = FloatVector.broadcast(F, 1f);
        return s.mul(x.fma(one.sub(s), one));
    }

    /** Returns log(1 + exp(x)) in the form that neither overflows nor cancels. */
    static FloatVector softplus(FloatVector x) {
        return log1p(exp(x.abs().neg())).add(x.max(0f));
    }

    /** Returns the hyperbolic tangent. */
    public static FloatVector tanh(FloatVector x) {
        FloatVector a = x.abs();
        FloatVector large = FloatVector.broadcast(F, 1f)
                .sub(FloatVector.broadcast(F, 2f).div(exp(a.add(a)).add(1f)));
        FloatVector z = x.mul(x);
        FloatVector p = FloatVector.broadcast(F, -5.70498872745e-3f);
        p = p.fma(z, FloatVector.broadcast(F, 2.06390887954e-2f));
        p = p.fma(z, FloatVector.broadcast(F, -5.37397155531e-2f));
        p = p.fma(z, FloatVector.broadcast(F, 1.33314422036e-1f));
        p = p.fma(z, FloatVector.broadcast(F, -3.33332819422e-1f));
        FloatVector small = p.mul(z).fma(x, x);
        return signed(large, x).blend(small, a.compare(VectorOperators.LT, 0.625f));
    }

    /** Returns the error function. */
    static FloatVector erf(FloatVector x) {
        FloatVector t = x.abs();
        FloatVector s = x.mul(x);
        FloatVector r = FloatVector.broadcast(F, -1.72853470e-5f).fma(t, FloatVector.broadcast(F, 3.83197126e-4f));
        FloatVector u = FloatVector.broadcast(F, -3.88396438e-3f).fma(t, FloatVector.broadcast(F, 2.42546219e-2f));
        r = r.fma(s, u);
        r = r.fma(t, FloatVector.broadcast(F, -1.06777877e-1f));
        r = r.fma(t, FloatVector.broadcast(F, -6.34846687e-1f));
        r = r.fma(t, FloatVector.broadcast(F, -1.28717512e-1f));
        r = r.fma(t, t.neg());
        FloatVector far = FloatVector.broadcast(F, 1f).sub(exp(r));
        far = far.blend(1f, t.compare(VectorOperators.GT, 4f));
        FloatVector p = FloatVector.broadcast(F, -5.96761703e-4f);
        p = p.fma(s, FloatVector.broadcast(F, 4.99119423e-3f));
        p = p.fma(s, FloatVector.broadcast(F, -2.67681349e-2f));
        p = p.fma(s, FloatVector.broadcast(F, 1.12819925e-1f));
        p = p.fma(s, FloatVector.broadcast(F, -3.76125336e-1f));
        p = p.fma(s, FloatVector.broadcast(F, 1.28379166e-1f));
        FloatVector near = p.fma(x, x);
        return signed(far, x).blend(near, t.compare(VectorOperators.LT, 0.927734375f));
    }

    /** Returns x times the probability that a standard normal number is below x. */
    static FloatVector gelu(FloatVector x) {
        return erf(x.mul(0.70710678f)).add(1f).mul(x.mul(0.5f));
    }

    private static FloatVector signed(FloatVector magnitude, FloatVector sign) {
        IntVector bit = sign.reinterpretAsInts().and(0x80000000);
        return magnitude.reinterpretAsInts().or(bit).reinterpretAsFloats();
    }

    /** Returns the vector of zeros. */
    static FloatVector zero() {
        return FloatVector.zero(F);
    }

    /** Returns the integer vector with one value everywhere. */
    static IntVector ints(int value) {
        return IntVector.broadcast(I, value);
    }
}
