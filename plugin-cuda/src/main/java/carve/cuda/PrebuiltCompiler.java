package carve.cuda;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/**
 * Kernels that were compiled when this plugin was packed, see {@code bench/gpu.sh}: in the jar's {@code prebuilt} folder,
 * machine code for some architectures as {@code norm-sm_90.cubin}, and {@code norm.ptx}, which the driver itself compiles
 * for cards that are newer. What is not there is left to another compiler.
 */
final class PrebuiltCompiler implements Compiler {
    private final Compiler other;

    PrebuiltCompiler(Compiler other) {
        this.other = other;
    }

    /** Returns whether there is anything. */
    static boolean isHere() {
        return read("elementwise.ptx").isPresent();
    }

    @Override
    public String version() {
        return isHere() ? "prebuilt kernels, " + other.version() : other.version();
    }

    @Override
    public byte[] compile(Source source, String architecture) {
        String name = source.name().replace(".cu", "")
                + String.join("", source.options()).replaceAll("[^A-Z0-9]", "");
        return List.of(name + "-" + architecture + ".cubin", name + ".ptx").stream()
                .flatMap(file -> read(file).stream())
                .findFirst()
                .orElseGet(() -> other.compile(source, architecture));
    }

    private static Optional<byte[]> read(String file) {
        try (InputStream in = PrebuiltCompiler.class.getResourceAsStream("prebuilt/" + file)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
