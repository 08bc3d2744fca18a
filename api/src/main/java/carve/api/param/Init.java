package carve.api.param;

import carve.api.tensor.Shape;

/** The first values of a parameter: a pure function of its shape and of its own random numbers. */
@FunctionalInterface
public interface Init {
    /** Zeros. */
    Init ZEROS = constant(0);

    /** Ones. */
    Init ONES = constant(1);

    /** Returns one value. */
    double value(Shape shape, CounterRandom random, long index);

    /** Returns all values of a parameter of a shape. */
    default float[] values(Shape shape, CounterRandom random) {
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) value(shape, random, i);
        }
        return values;
    }

    /** Returns an init with equal values. */
    static Init constant(double value) {
        return (shape, random, index) -> value;
    }

    /** Returns normal values with mean 0. */
    static Init normal(double deviation) {
        return (shape, random, index) -> deviation * random.normal(index);
    }

    /** Returns uniform values from {@code -bound} to {@code bound}. */
    static Init uniform(double bound) {
        return (shape, random, index) -> bound * (2 * random.uniform(index) - 1);
    }

    /** Returns the default of PyTorch's linear and convolution layers: uniform within {@code 1 / sqrt(fan in)}. */
    static Init fanIn(int fanIn) {
        return uniform(1 / Math.sqrt(fanIn));
    }

    /** Returns Glorot and Bengio's uniform values (2010) for a matrix (outputs, inputs). */
    static Init xavier(double gain) {
        return (shape, random, index) -> {
            double bound = gain * Math.sqrt(6.0 / (shape.extent(0) + shape.extent(1)));
            return bound * (2 * random.uniform(index) - 1);
        };
    }

    /**
     * Returns values whose softplus is log-uniform from least to greatest, at least floor: the time steps of Mamba (Gu
     * and Dao 2023, arXiv:2312.00752, section 3.6).
     */
    static Init softplusLogUniform(double least, double greatest, double floor) {
        return (shape, random, index) -> {
            double low = Math.log(least);
            double step = Math.max(floor, Math.exp(low + random.uniform(index) * (Math.log(greatest) - low)));
            return step + Math.log(-Math.expm1(-step));
        };
    }

    /** Returns the logarithms of uniform values. */
    static Init logUniform(double least, double greatest) {
        return (shape, random, index) -> Math.log(least + random.uniform(index) * (greatest - least));
    }
}
