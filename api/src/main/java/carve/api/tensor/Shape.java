package carve.api.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The extents of a dense, row-major tensor, outermost first. Immutable; a scalar has rank 0.
 */
public final class Shape {
    private static final Shape SCALAR = new Shape(new int[0]);

    private final int[] extents;

    private Shape(int[] extents) {
        this.extents = extents;
    }

    /**
     * Returns the shape with these extents.
     *
     * @throws ShapeException if an extent is negative
     */
    public static Shape of(int... extents) {
        for (int extent : extents) {
            if (extent < 0) {
                throw new ShapeException("extents must not be negative, " + Arrays.toString(extents));
            }
        }
        return extents.length == 0 ? SCALAR : new Shape(extents.clone());
    }

    /** Returns the number of extents. */
    public int rank() {
        return extents.length;
    }

    /** Returns the extent of an axis; negative axes count from the end, -1 is the innermost. */
    public int extent(int axis) {
        return extents[axis(axis)];
    }

    /**
     * Returns the axis as a number from 0; negative ones count from the end.
     *
     * @throws ShapeException if there is no such axis
     */
    public int axis(int axis) {
        int result = axis < 0 ? axis + extents.length : axis;
        if (result < 0 || result >= extents.length) {
            throw new ShapeException("no axis %d in %s".formatted(axis, this));
        }
        return result;
    }

    /** Returns a copy of the extents. */
    public int[] extents() {
        return extents.clone();
    }

    /** Returns the number of elements. */
    public long size() {
        return product(0, extents.length);
    }

    /** Returns the product of the extents of the axes {@code from <= axis < to}. */
    public long product(int from, int to) {
        long result = 1;
        for (int i = from; i < to; i++) {
            result = Math.multiplyExact(result, (long) extents[i]);
        }
        return result;
    }

    /** Returns this shape with one extent changed. */
    public Shape with(int axis, int extent) {
        int[] result = extents.clone();
        result[axis(axis)] = extent;
        return of(result);
    }

    /** Returns this shape without one axis. */
    public Shape without(int axis) {
        int dropped = axis(axis);
        return of(IntStream.range(0, rank())
                .filter(i -> i != dropped)
                .map(i -> extents[i])
                .toArray());
    }

    /** Returns the extents of this shape followed by others. */
    public Shape append(int... more) {
        int[] result = Arrays.copyOf(extents, extents.length + more.length);
        System.arraycopy(more, 0, result, extents.length, more.length);
        return of(result);
    }

    /** Returns the shape of the axes {@code from <= axis < to}. */
    public Shape sub(int from, int to) {
        return of(Arrays.copyOfRange(extents, from, to));
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(extents);
    }

    /** Returns the extents in parentheses, as in {@code (2, 3)}. */
    @Override
    public String toString() {
        return Arrays.stream(extents).mapToObj(Integer::toString).collect(Collectors.joining(", ", "(", ")"));
    }
}
