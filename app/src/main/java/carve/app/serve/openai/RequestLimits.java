package carve.app.serve.openai;

import carve.api.config.Settings;

/**
 * The limits of a request for an answer; defaults and meanings are in {@code reference.conf} under {@code carve.serving}.
 *
 * @param maxPixels the greatest size of an image, width times height
 * @param maxImages the greatest number of images
 * @param maxPrompts the greatest number of prompts in one request
 * @param bytesPerToken the greatest length of a text in UTF-8, for each token of the model's context
 * @param keepAliveMillis the time without output after which a keep-alive is sent
 * @param maxSavedBytes the greatest size of the saved states of each model
 */
public record RequestLimits(
        long maxPixels, int maxImages, int maxPrompts, int bytesPerToken, int keepAliveMillis, long maxSavedBytes) {
    /** Reads the settings. */
    public static RequestLimits from(Settings serving) {
        return new RequestLimits(
                serving.longInteger("max-pixels"),
                serving.integer("max-images"),
                serving.integer("max-prompts"),
                serving.integer("max-bytes-per-token"),
                serving.integer("keep-alive-millis"),
                serving.longInteger("max-saved-states-mib") << 20);
    }
}
