package carve.models.image;

import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import java.util.List;

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

    /** Returns the images of pictures, all of one size, one after another, {@code (N, 3, S, S)}. */
    public static HostTensor stack(List<PixelValues> pictures) {
        int size = pictures.getFirst().size();
        int count = pictures.stream().mapToInt(PixelValues::count).sum();
        float[] values = new float[count * 3 * size * size];
        int at = 0;
        for (PixelValues picture : pictures) {
            System.arraycopy(picture.values(), 0, values, at, picture.values().length);
            at += picture.values().length;
        }
        return new HostTensor(Shape.of(count, 3, size, size), values);
    }
}
