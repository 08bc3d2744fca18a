package carve.models.image;

import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import java.util.List;

/**
 * The pixel values of one image: {@code count} square tiles of {@code size} pixels a side.
 *
 * @param count the number of tiles, N
 * @param size the side in pixels, S
 * @param values {@code (N, 3, S, S)}, row-major; the receiver owns it
 */
public record PixelValues(int count, int size, float[] values) {
    /** Checks that there are as many values as the extents say. */
    public PixelValues {
        if (count <= 0 || size <= 0 || values.length != 3L * count * size * size) {
            throw new ImageException("pixel values: (%d, 3, %d, %d) does not have %d values"
                    .formatted(count, size, size, values.length));
        }
    }

    /** Returns the tiles of images, all of one size, concatenated: {@code (N, 3, S, S)}. */
    public static HostTensor stack(List<PixelValues> images) {
        int size = images.getFirst().size();
        int count = images.stream().mapToInt(PixelValues::count).sum();
        float[] values = new float[count * 3 * size * size];
        int at = 0;
        for (PixelValues image : images) {
            System.arraycopy(image.values(), 0, values, at, image.values().length);
            at += image.values().length;
        }
        return new HostTensor(Shape.of(count, 3, size, size), values);
    }
}
