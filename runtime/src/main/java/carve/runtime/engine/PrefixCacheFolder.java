package carve.runtime.engine;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32C;

/**
 * Snapshots of one model on disk, each a safetensors file {@code K/KEY.safetensors} in a folder of the first two letters of its
 * key, so that no folder has so many files that to look through it takes long.
 *
 * <p>Tensors are named {@code LAYER.NAME}; the metadata has {@code key}, {@code position}, {@code layers}, {@code identity}
 * (of the model and all that its numbers depend on) and {@code crc32c} of all values in the file's order. One that is broken, as a
 * process that is killed may leave it, or of another model, is removed and counts as not there. Safe for several threads.
 */
final class PrefixCacheFolder {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final String ENDING = ".safetensors";
    private static final int PREFIX = 2;

    private final Path folder;
    private final String fingerprint;
    private final long budget;
    private final boolean durable;
    private final Object writing = new Object();
    // least recently used first
    private final Map<String, Long> sizes = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

    /**
     * Makes the folder, or takes up what is in it.
     *
     * @param lasting whether a file is flushed to the disk before it counts as written
     */
    PrefixCacheFolder(Path folder, String identity, long budget, boolean lasting) {
        this.folder = folder;
        this.fingerprint = identity;
        this.budget = budget;
        this.durable = lasting;
        try {
            createPrivateFolder(folder);
            found(folder).stream()
                    .sorted(Comparator.comparingLong(FoundFile::modified))
                    .forEach(file -> recordSize(file.key, file.size));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        evict();
    }

    /** Makes a folder that nobody else can look into, since what people say is in it. */
    static void createPrivateFolder(Path folder) throws IOException {
        if (!Files.isDirectory(folder)) {
            boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
            Files.createDirectories(folder);
            if (posix) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
        }
    }

    /** A snapshot that is there already. */
    private record FoundFile(String key, long size, long modified) {}

    // another server may remove files of the folder at any time
    private static List<FoundFile> found(Path folder) throws IOException {
        List<FoundFile> found = new ArrayList<>();
        Files.walkFileTree(folder, Set.of(), 2, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                String name = file.getFileName().toString();
                if (name.endsWith(ENDING)) {
                    found.add(new FoundFile(
                            name.substring(0, name.length() - ENDING.length()),
                            attributes.size(),
                            attributes.lastModifiedTime().toMillis()));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
        return found;
    }

    private Path file(String key) {
        return folder.resolve(key.substring(0, PREFIX)).resolve(key + ENDING);
    }

    /** Returns whether there is one; it may still turn out to be broken. */
    synchronized boolean contains(String key) {
        return sizes.containsKey(key);
    }

    /** Returns the bytes of all files. */
    synchronized long bytes() {
        return bytes;
    }

    private synchronized void recordSize(String key, long size) {
        Long before = sizes.put(key, size);
        bytes += size - (before == null ? 0 : before);
    }

    /** Writes a snapshot, unless it is there, and removes others until all fit the budget. */
    void write(StateSnapshot stateSnapshot) {
        if (contains(stateSnapshot.key())) {
            return;
        }
        TensorSource source = stateSnapshot.tensors();
        Map<String, String> metadata = new TreeMap<>(Map.of(
                "key", stateSnapshot.key(),
                "position", String.valueOf(stateSnapshot.position()),
                "layers", String.valueOf(stateSnapshot.layout().layers()),
                "identity", fingerprint,
                "crc32c", checksum(source)));
        Path file = file(stateSnapshot.key());
        synchronized (writing) {
            if (durable) {
                SafeTensorsWriter.write(file, source, metadata);
            } else {
                writeUnflushed(file, source, metadata);
            }
        }
        recordSize(stateSnapshot.key(), file.toFile().length());
        evict();
    }

    // what can be computed again need not survive a loss of power: that it is whole, its checksum tells
    private static void writeUnflushed(Path file, TensorSource source, Map<String, String> metadata) {
        try {
            if (!Files.isDirectory(file.getParent())) {
                Files.createDirectories(file.getParent());
            }
            try (FileChannel to = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                SafeTensorsWriter.write(to, source, metadata);
            } catch (FileAlreadyExistsException e) {
                LOG.log(Level.DEBUG, "{0} was written by another process", file);
            } catch (IOException e) {
                Files.deleteIfExists(file);
                throw e;
            }
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be written: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static String checksum(TensorSource source) {
        CRC32C sum = new CRC32C();
        byte[] chunk = new byte[64 * 1024];
        for (String name : source.names()) {
            MemorySegment data = source.data(name);
            for (long at = 0; at < data.byteSize(); at += chunk.length) {
                int length = (int) Math.min(chunk.length, data.byteSize() - at);
                MemorySegment.copy(data, ValueLayout.JAVA_BYTE, at, chunk, 0, length);
                sum.update(chunk, 0, length);
            }
        }
        return Long.toHexString(sum.getValue());
    }

    /**
     * Returns the snapshot of a key, if there is a whole one.
     *
     * @param shared returns a layout that equals one, and that others have
     */
    Optional<StateSnapshot> read(String key, UnaryOperator<SnapshotLayout> shared) {
        synchronized (this) {
            if (sizes.get(key) == null) {
                return Optional.empty();
            }
        }
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file(key))) {
            return Optional.of(read(key, tensors, shared));
        } catch (CheckpointException e) {
            LOG.log(Level.WARNING, "discarding an invalid prefix-cache file: {0}", e.getMessage());
            remove(key);
            return Optional.empty();
        }
    }

    private StateSnapshot read(String key, SafeTensorsFile tensors, UnaryOperator<SnapshotLayout> shared) {
        Map<String, String> told = tensors.metadata();
        require(key.equals(told.get("key")), tensors, "it was written for another prefix");
        require(
                fingerprint.equals(told.get("identity")),
                tensors,
                "it was written for another model or version of carve");
        require(checksum(tensors).equals(told.get("crc32c")), tensors, "its checksum does not match its values");
        try {
            SnapshotLayout layout = shared.apply(SnapshotLayout.of(Integer.parseInt(told.get("layers")), tensors));
            return new StateSnapshot(
                    key,
                    Integer.parseInt(told.get("position")),
                    layout,
                    (slot, values) -> values.copyFrom(tensors.data(slot.fullName())));
        } catch (IllegalArgumentException e) {
            throw new CheckpointException(tensors + ": its metadata does not fit its tensors", e);
        }
    }

    private static void require(boolean condition, SafeTensorsFile tensors, String problem) {
        if (!condition) {
            throw new CheckpointException(tensors + ": " + problem);
        }
    }

    /** Removes the snapshot of a key. */
    void remove(String key) {
        synchronized (this) {
            Long size = sizes.remove(key);
            if (size == null) {
                return;
            }
            bytes -= size;
        }
        try {
            Files.deleteIfExists(file(key));
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be removed: {1}", file(key), e.toString());
        }
    }

    private void evict() {
        List<String> surplus = new ArrayList<>();
        synchronized (this) {
            long left = bytes;
            var oldest = sizes.entrySet().iterator();
            while (left > budget) {
                Map.Entry<String, Long> entry = oldest.next();
                left -= entry.getValue();
                surplus.add(entry.getKey());
            }
        }
        surplus.forEach(this::remove);
    }
}
