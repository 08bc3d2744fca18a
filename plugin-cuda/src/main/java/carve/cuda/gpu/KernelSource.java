package carve.cuda.gpu;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/**
 * CUDA C++ to be compiled.
 *
 * @param name of the file, for messages of the compiler
 * @param text what is compiled, which may include {@code carve.cuh}
 * @param options of the compiler, such as {@code -DTILES=2}
 */
public record KernelSource(String name, String text, List<String> options) {
    private static final int DIGEST_BYTES = 16;

    /** Copies the options. */
    public KernelSource {
        options = List.copyOf(options);
    }

    /** Returns the file's name without its ending. */
    public String stem() {
        return name.replace(".cu", "");
    }

    /** Returns 32 digits that differ where anything that is compiled does: the same as {@code kernels.sh} computes. */
    public String digest() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            for (String part :
                    List.of(KernelModules.sourceText(KernelModules.HEADER), text, String.join(" ", options))) {
                digest.update(part.getBytes(StandardCharsets.UTF_8));
                digest.update((byte) 0);
            }
            return HexFormat.of().formatHex(digest.digest(), 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
