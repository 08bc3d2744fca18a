package carve.api.experts;

import carve.api.model.Activation;
import carve.api.op.ClampedSwiGlu;
import carve.api.op.SwiGlu;
import carve.api.tensor.Tensor;

/** A gated linear unit, which experts make of their two first products (Shazeer 2020, arXiv:2002.05202). */
public interface GatedUnit {
    /** Returns the unit {@code (..., I)} of a gate and a value, both {@code (..., I)}. */
    Tensor apply(Tensor gate, Tensor up);

    /**
     * {@code f(gate) up}.
     *
     * @param activation f
     */
    record Plain(Activation activation) implements GatedUnit {
        @Override
        public Tensor apply(Tensor gate, Tensor up) {
            return activation == Activation.SILU
                    ? SwiGlu.apply(gate, up)
                    : activation.apply(gate).multiply(up);
        }
    }

    /**
     * {@link ClampedSwiGlu}, as in gpt-oss.
     *
     * @param alpha the factor in the sigmoid
     * @param limit the greatest gate, and the greatest magnitude of a value
     */
    record Clamped(double alpha, double limit) implements GatedUnit {
        @Override
        public Tensor apply(Tensor gate, Tensor up) {
            return new ClampedSwiGlu(alpha, limit).of(gate, up);
        }
    }
}
