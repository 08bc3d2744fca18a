package carve.models.image;

/** Turns a picture into what one model family reads. Implementations are immutable and give the same bits every time. */
@FunctionalInterface
public interface ImagePreprocessor {
    /** Returns the values of the picture, {@code (N, 3, S, S)} with N at least 1. */
    PixelValues apply(RgbImage image);
}
