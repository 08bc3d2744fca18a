package carve.cuda.compile;

import carve.api.io.TemporaryFolder;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelSource;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/**
 * A compiler that keeps what it made: a file for each source, its options and the architecture, of which its name is the
 * digest. A folder that cannot be written to costs time only.
 */
public final class CachingCompiler implements KernelCompiler {
    private static final System.Logger LOG = System.getLogger(CachingCompiler.class.getName());

    private final KernelCompiler kernelCompiler;
    private final Path folder;

    /** Makes a compiler that keeps the results of another in a folder. */
    public CachingCompiler(KernelCompiler kernelCompiler, Path folder) {
        this.kernelCompiler = kernelCompiler;
        this.folder = folder;
    }

    @Override
    public String version() {
        return kernelCompiler.version();
    }

    @Override
    public byte[] compile(KernelSource kernelSource, String architecture) {
        String name = name(kernelSource, architecture);
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "compiling {0}: not in kernel cache {1}", name, folder);
        }
        byte[] image = kernelCompiler.compile(kernelSource, architecture);
        keep(name, image);
        return image;
    }

    // Another process may be writing the same: each writes into a folder of its own and renames.
    private void keep(String name, byte[] image) {
        try (TemporaryFolder own = TemporaryFolder.create(Files.createDirectories(folder), "kernel")) {
            Path file = Files.write(own.resolve(name), image);
            Files.move(file, folder.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "kernel cache is not writable", e);
        }
    }

    private static String name(KernelSource kernelSource, String architecture) {
        return "%s-%s-%s.cubin".formatted(kernelSource.stem(), architecture, kernelSource.digest());
    }
}
