package carve.distill.data;

import carve.api.config.Settings;
import java.nio.file.Path;

/**
 * The settings of the data providers {@code llava} and {@code internvl}.
 *
 * @param file the JSON file
 * @param images the folder that names of pictures are relative to
 * @param maxLength the greatest number of positions of a sample, those of pictures counted
 * @param overlong what becomes of longer ones
 * @param missingImages what becomes of conversations whose picture is not there or cannot be decoded
 * @param shuffle whether each epoch has an order of its own, rather than the file's
 * @param cacheBytes how much memory samples may take that are kept for the next epoch
 */
record LlavaDataConfig(
        Path file,
        Path images,
        int maxLength,
        OverlongSamples overlong,
        MissingImages missingImages,
        boolean shuffle,
        long cacheBytes) {
    private static final int MEBI_SHIFT = 20;

    /** The treatment of samples that are too long. */
    enum OverlongSamples {
        /** Leave them out, and count them. */
        SKIP,
        /** Cut off the end; where that would remove a picture or every answer, leave out and count the conversation. */
        TRUNCATE
    }

    /** The treatment of conversations whose image is missing or cannot be decoded. */
    enum MissingImages {
        /** Name all of them, and do not start. */
        FAIL,
        /** Leave them out, and count them. */
        SKIP
    }

    /** Reads the settings; without {@code images} pictures are looked for beside the file. */
    static LlavaDataConfig from(Settings settings) {
        Path file = settings.path("file");
        String images = settings.string("image-folder");
        return from(
                settings, file, images.isEmpty() ? file.toAbsolutePath().getParent() : settings.path("image-folder"));
    }

    /** Reads the settings that all files of conversations have. */
    static LlavaDataConfig from(Settings settings, Path file, Path folder) {
        int maxLength = settings.integer("max-length");
        if (maxLength < 1) {
            throw settings.error("max-length", "must be 1 or more, is " + maxLength);
        }
        int mebibytes = settings.integer("cache-mib");
        if (mebibytes < 0) {
            throw settings.error("cache-mib", "must be 0 or more, is " + mebibytes);
        }
        return new LlavaDataConfig(
                file,
                folder,
                maxLength,
                settings.enumConstant("overlong", OverlongSamples.class),
                settings.enumConstant("missing-images", MissingImages.class),
                settings.flag("shuffle"),
                (long) mebibytes << MEBI_SHIFT);
    }
}
