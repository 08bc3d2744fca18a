package carve.models.image;

import java.util.List;

/**
 * The normalisation of 8-bit samples to float32 by mean and standard deviation per channel.
 *
 * <p>The value of sample {@code u} is {@code (scale(u) - mean) / deviation}, each step rounded to float32 as torch and
 * numpy round it.
 *
 * @param mean of red, green and blue, in 0..1
 * @param standardDeviation of red, green and blue, positive
 * @param scaling the scaling from 0..255 to 0..1
 */
public record Normalization(List<Double> mean, List<Double> standardDeviation, Scaling scaling) {
    /** ImageNet's constants as torchvision computes them, for InternVL, HoVLE and mmMamba. */
    public static final Normalization IMAGENET =
            new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225), Scaling.DIVIDE);
    /** SigLIP's constants as torchvision computes them, named {@code siglip} in InternVL's training code. */
    public static final Normalization HALF =
            new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5), Scaling.DIVIDE);
    /** SigLIP's constants as the Hugging Face image processor computes them. */
    public static final Normalization SIGLIP =
            new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5), Scaling.MULTIPLY);

    /** CLIP's constants as the Hugging Face image processor computes them. */
    public static final Normalization CLIP = new Normalization(
            List.of(0.48145466, 0.4578275, 0.40821073), List.of(0.26862954, 0.26130258, 0.27577711), Scaling.MULTIPLY);

    /** The two ways to scale a byte to 0..1; they differ in the last bit. */
    public enum Scaling {
        /** Divides by 255 in float32, as torchvision's {@code ToTensor}. */
        DIVIDE {
            @Override
            float scale(int sample) {
                return sample / 255f;
            }
        },
        /** Multiplies by 1/255 in float64 and rounds, as the image processors of Hugging Face. */
        MULTIPLY {
            @Override
            float scale(int sample) {
                return (float) (sample * (1 / 255.0));
            }
        };

        abstract float scale(int sample);
    }

    /** Checks the constants. */
    public Normalization {
        mean = List.copyOf(mean);
        standardDeviation = List.copyOf(standardDeviation);
        if (mean.size() != 3
                || standardDeviation.size() != 3
                || standardDeviation.stream().anyMatch(value -> !(value > 0))) {
            throw new ImageException(
                    "normalization: three means and three positive deviations are needed, found mean %s and deviation %s"
                            .formatted(mean, standardDeviation));
        }
    }

    /**
     * Writes the values of an image, {@code (3, height, width)}, from {@code offset} on.
     *
     * @throws ImageException if they do not fit
     */
    public void write(RgbImage image, float[] values, int offset) {
        int plane = image.width() * image.height();
        if (offset < 0 || offset + 3L * plane > values.length) {
            throw new ImageException(
                    "normalization: %d values do not fit at %d of %d".formatted(3L * plane, offset, values.length));
        }
        byte[] samples = image.raw();
        for (int channel = 0; channel < 3; channel++) {
            float[] table = table(channel);
            for (int i = 0; i < plane; i++) {
                values[offset + channel * plane + i] = table[samples[3 * i + channel] & 0xFF];
            }
        }
    }

    private float[] table(int channel) {
        float[] table = new float[256];
        for (int sample = 0; sample < 256; sample++) {
            table[sample] = (scaling.scale(sample) - mean.get(channel).floatValue())
                    / standardDeviation.get(channel).floatValue();
        }
        return table;
    }
}
