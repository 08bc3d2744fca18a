package carve.cuda.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelSource;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class CachingCompilerTest {
    /** Compiles a source to its own text, and writes down that it did. */
    private static final class Counting implements KernelCompiler {
        private final List<String> compiled = new ArrayList<>();

        @Override
        public String version() {
            return "counting";
        }

        @Override
        public byte[] compile(KernelSource kernelSource, String architecture) {
            compiled.add(kernelSource.name() + kernelSource.options() + architecture);
            return kernelSource.text().getBytes(StandardCharsets.UTF_8);
        }
    }

    @TempDir
    private Path folder;

    @Test
    void sourceOptionsAndArchitectureAreTheKey() {
        var counting = new Counting();
        var cache = new CachingCompiler(counting, folder.resolve("new"));
        var kernelSource = new KernelSource("a.cu", "text", List.of());
        byte[] image = cache.compile(kernelSource, "sm_90");
        assertArrayEquals(image, new CachingCompiler(counting, folder.resolve("new")).compile(kernelSource, "sm_90"));
        cache.compile(new KernelSource("a.cu", "text", List.of("-DTILES=2")), "sm_90");
        cache.compile(new KernelSource("a.cu", "other", List.of()), "sm_90");
        cache.compile(kernelSource, "sm_80");
        assertEquals(List.of("a.cu[]sm_90", "a.cu[-DTILES=2]sm_90", "a.cu[]sm_90", "a.cu[]sm_80"), counting.compiled);
    }

    @Test
    void folderThatCannotBeWrittenToIsNoError() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "");
        var cache = new CachingCompiler(new Counting(), file.resolve("below"));
        assertEquals(4, cache.compile(new KernelSource("a.cu", "text", List.of()), "sm_90").length);
    }
}
