package carve.app.cli;

import carve.api.config.SettingsException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.Supplier;

/** A file that {@code --picture} names, whose suffix is its format. */
final class PictureFile {
    private PictureFile() {}

    /**
     * Returns {@code svg} or {@code png}.
     *
     * @throws SettingsException if the name ends in something else
     */
    static String suffix(Path file) {
        String name = file.toString().toLowerCase(Locale.ROOT);
        if (!name.endsWith(".svg") && !name.endsWith(".png")) {
            throw new SettingsException("--picture: found '%s'; name a file that ends in .svg or .png".formatted(file));
        }
        return name.substring(name.length() - 3);
    }

    /**
     * Returns the content of a file in its format.
     *
     * @throws SettingsException if a PNG cannot be drawn on this machine
     */
    static byte[] bytes(Path file, Supplier<byte[]> svg, Supplier<byte[]> png) {
        return suffix(file).equals("svg") ? svg.get() : rendered(png);
    }

    // a machine without fonts cannot draw letters; what fails then is not the same everywhere
    private static byte[] rendered(Supplier<byte[]> png) {
        try {
            return png.get();
        } catch (LinkageError | InternalError e) {
            throw new SettingsException(
                    "--picture: a PNG needs the machine's fonts, which cannot be used (%s); an SVG does not"
                            .formatted(e),
                    e);
        }
    }
}
