package carve.distill.data;

import carve.api.config.Settings;
import java.nio.file.Path;

/**
 * What the data providers {@code llava} and {@code internvl} are told.
 *
 * @param file the JSON file
 * @param images the folder that names of pictures are relative to
 * @param maxLength the greatest number of positions of a sample, those of pictures counted
 * @param tooLong what becomes of longer ones
 * @param onMissing what becomes of conversations whose picture is not there
 * @param shuffle whether each epoch has an order of its own, rather than the file's
 * @param cacheBytes how much memory samples may take that are kept for the next epoch
 */
record LlavaConfig(
        Path file, Path images, int maxLength, TooLong tooLong, Missing onMissing, boolean shuffle, long cacheBytes) {
    private static final int MEGA = 20;

    /** What becomes of samples that are too long. */
    enum TooLong {
        /** They are left out, and counted. */
        SKIP,
        /** Their end is; where that would take a picture or every answer, the whole is left out, and counted. */
        CUT
    }

    /** What becomes of conversations whose picture is not there. */
    enum Missing {
        /** All are named, and nothing begins. */
        FAIL,
        /** They are left out, and counted. */
        SKIP
    }

    /** Reads the settings; without {@code images} pictures are looked for beside the file. */
    static LlavaConfig from(Settings settings) {
        Path file = Path.of(settings.string("file"));
        String images = settings.string("images");
        return from(settings, file, images.isEmpty() ? file.toAbsolutePath().getParent() : Path.of(images));
    }

    /** Reads the settings that all files of conversations have. */
    static LlavaConfig from(Settings settings, Path file, Path folder) {
        int maxLength = settings.integer("max-length");
        if (maxLength < 1) {
            throw settings.error("max-length", "must be 1 or more, is " + maxLength);
        }
        int megabytes = settings.integer("cache-megabytes");
        if (megabytes < 0) {
            throw settings.error("cache-megabytes", "must be 0 or more, is " + megabytes);
        }
        return new LlavaConfig(
                file,
                folder,
                maxLength,
                settings.word("too-long", TooLong.class),
                settings.word("on-missing", Missing.class),
                settings.flag("shuffle"),
                (long) megabytes << MEGA);
    }
}
