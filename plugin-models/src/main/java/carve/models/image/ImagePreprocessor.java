package carve.models.image;

/** The preprocessing of images for one model family. Implementations are immutable and deterministic. */
@FunctionalInterface
public interface ImagePreprocessor {
    /** Returns the values of the image, {@code (N, 3, S, S)} with N at least 1. */
    PixelValues apply(RgbImage image);
}
