package carve.models.image;

/**
 * The preprocessing of an image to one square: SigLIP's, and InternVL's without tiling.
 *
 * @param size the side in pixels
 * @param normalization the normalisation of the resized image
 * @param padding whether an image that is not square is padded with the mean colour first, rather than stretched
 */
public record SquarePreprocessor(int size, Normalization normalization, boolean padding) implements ImagePreprocessor {
    /** Checks the size. */
    public SquarePreprocessor {
        if (size < 1) {
            throw new ImageException("square preprocessor: size must be positive, found %d".formatted(size));
        }
    }

    /**
     * Returns the preprocessing of SigLIP's Hugging Face image processor: stretched to the square, mean and deviation
     * 0.5.
     */
    public static SquarePreprocessor siglip(int size) {
        return new SquarePreprocessor(size, Normalization.SIGLIP, false);
    }

    /** Returns a preprocessing with CLIP's constants, stretched to the square. */
    public static SquarePreprocessor clip(int size) {
        return new SquarePreprocessor(size, Normalization.CLIP, false);
    }

    @Override
    public PixelValues apply(RgbImage image) {
        RgbImage source = padding ? image.padToSquare(background(0), background(1), background(2)) : image;
        float[] values = new float[3 * size * size];
        normalization.write(Resampling.BICUBIC.resize(source, size, size), values, 0);
        return new PixelValues(1, size, values);
    }

    private int background(int channel) {
        return (int) (normalization.mean().get(channel) * 255);
    }
}
