package carve.api.device;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * CUDA C++ of a plugin.
 *
 * @param name of the file, for messages of the compiler, such as {@code square.cu}
 * @param text what is compiled; it may include {@code carve.cuh}
 * @param options of the compiler, such as {@code -DWIDTH=64}
 */
public record CudaSource(String name, String text, List<String> options) {
    /** Copies the options. */
    public CudaSource {
        options = List.copyOf(options);
    }

    /**
     * Returns a file at the root of a module's jar, which is {@code src/main/resources}.
     *
     * @param module the plugin's own
     * @param file such as {@code square.cu}
     * @throws DeviceException if it is not there
     */
    public static CudaSource of(Module module, String file, String... options) {
        try (InputStream in = module.getResourceAsStream(file)) {
            if (in == null) {
                throw new DeviceException(
                        "%s has no file %s; it belongs into src/main/resources".formatted(module, file));
            }
            return new CudaSource(file, new String(in.readAllBytes(), StandardCharsets.UTF_8), List.of(options));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
