package carve.api.tensor;

import carve.api.device.Device;

/**
 * F32 values in the memory of the host, such as the pixel values of an image.
 *
 * @param shape the extents
 * @param values row-major; not copied
 */
public record HostTensor(Shape shape, float[] values) {
    /** Checks that there are as many values as the shape says. */
    public HostTensor {
        if (shape.size() != values.length) {
            throw new ShapeException("%s takes %d values, there are %d".formatted(shape, shape.size(), values.length));
        }
    }

    /** Returns a copy on a device. */
    public Tensor copyTo(Device device) {
        return Tensors.of(device, shape, values);
    }
}
