package carve.runtime.hub;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The file {@code CACHEDIR.TAG}, by which programs for backups know a cache (https://bford.info/cachedir/). */
final class CacheTag {
    private static final String TEXT = """
            Signature: 8a477f597d28d172789f06886806bc55
            # This file marks a cache, which is shared with huggingface_hub.
            # For information about cache directory tags, see:
            #	https://bford.info/cachedir/
            """;

    private CacheTag() {}

    /** Writes the file into a folder that can be written and has none. */
    static void write(Path folder) {
        Path tag = folder.resolve("CACHEDIR.TAG");
        try {
            if (!Files.exists(tag)) {
                Files.write(tag, TEXT.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            System.getLogger("carve.runtime").log(Level.DEBUG, "{0} is not written: {1}", tag, e.getMessage());
        }
    }
}
