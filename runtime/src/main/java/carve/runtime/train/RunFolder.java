package carve.runtime.train;

import carve.api.data.Dataset;
import carve.api.data.DatasetFiles;
import carve.runtime.engine.ModelFiles;
import carve.runtime.io.FileDigests;
import carve.runtime.io.FileStamp;
import carve.runtime.io.ProcessLock;
import carve.runtime.progress.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongConsumer;

/** The folder of a run, locked against other processes, with the digests of the files that the run depends on. */
final class RunFolder implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(RunFolder.class.getName());
    private static final String PHASE = "checking input files";
    private static final int MEBI_SHIFT = 20;

    private final Optional<ProcessLock> lock;
    private final FileDigests digests;

    private RunFolder(Path folder, Optional<ProcessLock> lock) {
        this.lock = lock;
        this.digests = new FileDigests(List.of(folder));
    }

    /**
     * Opens a folder, which is created if it is not there.
     *
     * @throws carve.runtime.io.LockedException if another process has it open
     */
    static RunFolder open(Path folder) {
        try {
            return new RunFolder(folder, Optional.of(ProcessLock.acquire(folder)));
        } catch (IOException e) {
            LOG.log(
                    Level.WARNING,
                    "{0} cannot be locked ({1}); make sure that no other process trains in it",
                    folder,
                    e.getMessage());
            return new RunFolder(folder, Optional.empty());
        }
    }

    /** Returns the files of a model, with digests of all bytes. */
    InputFiles modelFiles(String part, Path model, Progress progress) throws IOException {
        List<FileStamp> files = ModelFiles.of(model).files();
        return reported(
                progress,
                files.stream().mapToLong(FileStamp::size).sum(),
                read -> InputFiles.ofModel(part, files, digests, read));
    }

    /** Returns the configuration of a model whose parameters are compared by their values. */
    InputFiles configFile(String part, Path model) throws IOException {
        Path config = model.resolve("config.json");
        List<FileStamp> files = Files.isRegularFile(config) ? List.of(FileStamp.of(config)) : List.of();
        return InputFiles.ofModel(part, files, digests, _ -> {});
    }

    /** Returns the files of a data set, with digests of all bytes of its annotations. */
    InputFiles dataFiles(Dataset data, Progress progress) throws IOException {
        DatasetFiles files = data.files();
        long total = 0;
        for (Path file : files.annotations()) {
            total += Files.size(file);
        }
        return reported(progress, total, read -> InputFiles.of(files, digests, read));
    }

    @FunctionalInterface
    private interface FileReader {
        InputFiles read(LongConsumer progress) throws IOException;
    }

    private static InputFiles reported(Progress progress, long total, FileReader reader) throws IOException {
        if (total >> MEBI_SHIFT == 0) {
            return reader.read(_ -> {});
        }
        AtomicLong done = new AtomicLong();
        try (Progress.Phase phase = progress.begin(PHASE, "MiB")) {
            return reader.read(bytes -> phase.step(done.addAndGet(bytes) >> MEBI_SHIFT, total >> MEBI_SHIFT));
        }
    }

    @Override
    public void close() {
        lock.ifPresent(held -> {
            try {
                held.close();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }
}
