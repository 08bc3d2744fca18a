package carve.cuda.compile;

import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Function;

/**
 * Kernels that were compiled when this plugin was built, see {@code kernels.sh}: in the jar's {@code prebuilt} folder, a
 * fatbin for each source and its options, named by their digest. It has machine code for the architectures that the file
 * {@code architectures} names, and PTX, which a driver compiles for cards that are newer.
 *
 * <p>What was packed for the card's architecture is taken as it is. Else another compiler is asked; where there is none, the
 * driver gets the PTX.
 */
public final class PrebuiltCompiler implements KernelCompiler {
    private final KernelCompiler other;
    private final Function<String, Optional<byte[]>> files;

    /** Makes the compiler over the files of the {@code prebuilt} folder. */
    PrebuiltCompiler(KernelCompiler other, Function<String, Optional<byte[]>> files) {
        this.other = other;
        this.files = files;
    }

    /** Makes the compiler over the prebuilt kernels of this plugin's jar. */
    public PrebuiltCompiler(KernelCompiler other) {
        this(other, PrebuiltCompiler::packagedFile);
    }

    /** Returns whether there is anything. */
    public static boolean isPackaged() {
        return packagedFile("architectures").isPresent();
    }

    @Override
    public boolean isAvailable() {
        return other.isAvailable();
    }

    @Override
    public String version() {
        return files.apply("architectures")
                .map(found -> "prebuilt kernels for %s; %s".formatted(names(found), other.version()))
                .orElseGet(other::version);
    }

    private static String names(byte[] architectures) {
        return "sm_" + String.join(", sm_", words(architectures));
    }

    private static String[] words(byte[] architectures) {
        return new String(architectures, StandardCharsets.UTF_8).trim().split(" ");
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        Optional<byte[]> image = files.apply("%s-%s.fatbin".formatted(kernelSource.stem(), kernelSource.digest()));
        return image.filter(found -> supports(architecture) || !other.isAvailable())
                .orElseGet(() -> other.compile(kernelSource, architecture));
    }

    // Machine code runs on cards of its generation that are not older.
    private boolean supports(String architecture) {
        int card = Integer.parseInt(architecture.replaceAll("[^0-9]", ""));
        return files.apply("architectures").stream()
                .flatMap(found -> Arrays.stream(words(found)))
                .mapToInt(Integer::parseInt)
                .anyMatch(packed -> packed / 10 == card / 10 && packed <= card);
    }

    /** Returns a file of the {@code prebuilt} folder, if it is there. */
    static Optional<byte[]> packagedFile(String file) {
        try (InputStream in = PrebuiltCompiler.class.getResourceAsStream("/carve/cuda/prebuilt/" + file)) {
            return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
