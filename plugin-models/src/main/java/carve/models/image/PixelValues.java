package carve.models.image;

/**
 * What a model reads of one picture: {@code count} square images of {@code size} pixels a side.
 *
 * @param count the number of images, N; more than one if the picture was tiled
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
}
