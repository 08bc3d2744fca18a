package carve.cuda.kernels;

import carve.api.device.DeviceException;
import carve.api.tensor.Shape;
import carve.cuda.gpu.KernelLaunch;
import java.util.ArrayList;
import java.util.List;

/**
 * The axes of an operation on strided tensors, as few as there can be: those of extent 1 are left out, and those that lie
 * side by side in all operands are one.
 */
final class CoalescedAxes {
    private static final int MOST = 8;
    private static final int OPERANDS = 3;

    private final long size;
    private final List<Long> extents = new ArrayList<>();
    private final List<long[]> strides = new ArrayList<>(); // of each axis, for each operand

    /** Makes the axes of a shape; of each operand, at most three, the strides for all axes of the shape. */
    CoalescedAxes(Shape shape, long[]... operands) {
        this.size = shape.size();
        for (int axis = 0; axis < shape.rank(); axis++) {
            long[] stride = new long[OPERANDS];
            for (int i = 0; i < operands.length; i++) {
                stride[i] = operands[i][axis];
            }
            add(shape.extent(axis), stride);
        }
        if (extents.size() > MOST) {
            throw new DeviceException("shape %s has more than %d non-contiguous axes; make the tensor contiguous first"
                    .formatted(shape, MOST));
        }
    }

    private void add(long extent, long[] stride) {
        if (extent == 1) {
            return;
        }
        int last = extents.size() - 1;
        if (last >= 0 && continues(strides.get(last), stride, extent)) {
            extents.set(last, extents.get(last) * extent);
            strides.set(last, stride);
        } else {
            extents.add(extent);
            strides.add(stride);
        }
    }

    private static boolean continues(long[] outer, long[] inner, long extent) {
        for (int i = 0; i < OPERANDS; i++) {
            if (outer[i] != inner[i] * extent) {
                return false;
            }
        }
        return true;
    }

    /** Returns the structure of the same name in {@code carve.cuh}. */
    KernelLaunch.StructArgument struct() {
        long[] extent = new long[MOST];
        long[][] stride = new long[OPERANDS][MOST];
        for (int axis = 0; axis < extents.size(); axis++) {
            extent[axis] = extents.get(axis);
            for (int i = 0; i < OPERANDS; i++) {
                stride[i][axis] = strides.get(axis)[i];
            }
        }
        return new KernelLaunch.StructArgument(size, extents.size(), 0, extent, stride[0], stride[1], stride[2]);
    }

    /** Returns the number of elements. */
    long size() {
        return size;
    }
}
