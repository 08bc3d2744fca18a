package carve.runtime.io;

import carve.api.checkpoint.CheckpointException;
import carve.api.data.FileNames;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Files that appear in a folder all at once, or not at all, even if the process is killed in between.
 *
 * <p>Files are written under names that begin with {@value #TEMPORARY} and flushed to the disk. Committing writes down what is
 * to be renamed and deleted, as {@value #JOURNAL}, then does it, then removes that file. A process killed before the journal
 * stands leaves the folder as it was; killed after that, the commit is done: readers follow the journal
 * ({@link #resolve}), and the next writer finishes it. What killed writers left behind is removed by the next writer of the
 * folder; a lock tells them from writers that live.
 *
 * {@snippet :
 * try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
 *     transaction.write("config.json", bytes);
 *     transaction.commit();
 * }
 * }
 *
 * <p>The journal is a JSON object: {@code "rename"} holds temporary names and the names they are to get, in order,
 * {@code "delete"} the names of files to go. Confined to one thread. Closing without committing removes everything.
 */
public final class FolderTransaction implements AutoCloseable {
    /** The prefix of the names of unfinished files. */
    public static final String TEMPORARY = ".tmp-";
    /** The name of the file that says what a commit is about to do. */
    public static final String JOURNAL = ".commit.json";

    private static final String LOCK = "lock";
    private static final int TOKEN = 8;
    private static final long JOURNAL_BYTES = 16L << 20;

    private final Path folder;
    private final String prefix;
    private final FileChannel lock;
    private final Map<String, Path> staged = new LinkedHashMap<>();
    private final Set<String> deleted = new LinkedHashSet<>();
    private final List<FileChannel> open = new ArrayList<>();

    private FolderTransaction(Path folder, String prefix, FileChannel lock) {
        this.folder = folder;
        this.prefix = prefix;
        this.lock = lock;
    }

    /**
     * Begins to write into a folder, which is created if it is not there; finishes or removes what killed writers left.
     *
     * @throws CheckpointException if the folder cannot be written
     */
    public static FolderTransaction begin(Path folder) {
        try {
            Files.createDirectories(folder);
            recover(folder);
            while (true) {
                String prefix =
                        TEMPORARY + process() + UUID.randomUUID().toString().substring(0, TOKEN) + "-";
                Path file = folder.resolve(prefix + LOCK);
                var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                // another writer may have taken the new file for a leftover before it was locked
                if (channel.tryLock() != null && Files.exists(file)) {
                    return new FolderTransaction(folder, prefix, channel);
                }
                channel.close();
            }
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be written: %s".formatted(folder, reason(e)), e);
        }
    }

    /** Returns the folder. */
    public Path folder() {
        return folder;
    }

    /**
     * Opens a new file for writing and reading that will have this name after the commit. It is closed with the staging.
     *
     * @throws IOException if it cannot be created
     */
    public FileChannel create(String name) throws IOException {
        requirePlain(name);
        Path file = folder.resolve(prefix + name);
        var channel = FileChannel.open(
                file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ);
        open.add(channel);
        staged.put(name, file);
        deleted.remove(name);
        return channel;
    }

    /**
     * Writes a whole file that will have this name after the commit.
     *
     * @throws CheckpointException if it cannot be written
     */
    public void write(String name, byte[] content) {
        try {
            FileChannel channel = create(name);
            var buffer = ByteBuffer.wrap(content);
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
        } catch (IOException e) {
            throw failure(name, e);
        }
    }

    /** Makes the commit delete a file, if it is there and not written too. */
    public void delete(String name) {
        requirePlain(name);
        if (!staged.containsKey(name)) {
            deleted.add(name);
        }
    }

    /**
     * Flushes all files to the disk and puts them in place, in the order in which they were created.
     *
     * @throws CheckpointException if that fails; the folder is then as it was
     */
    public void commit() {
        try {
            for (FileChannel channel : open) {
                channel.force(true);
                channel.close();
            }
            deleted.removeIf(name -> !Files.exists(folder.resolve(name)));
            if (staged.size() == 1 && deleted.isEmpty()) {
                var only = staged.entrySet().iterator().next();
                move(only.getValue(), folder.resolve(only.getKey()));
                flush(folder);
            } else {
                writeJournal();
                replay(folder);
            }
            staged.clear();
        } catch (IOException e) {
            throw failure(String.join(", ", staged.keySet()), e);
        }
    }

    /** Removes what was not committed. */
    @Override
    public void close() {
        try {
            for (FileChannel channel : open) {
                channel.close();
            }
            if (!Files.exists(folder.resolve(JOURNAL))) {
                for (Path file : staged.values()) {
                    Files.deleteIfExists(file);
                }
            }
            Files.deleteIfExists(folder.resolve(prefix + LOCK));
            lock.close();
        } catch (IOException e) {
            throw new CheckpointException("%s: unfinished files cannot be removed: %s".formatted(folder, reason(e)), e);
        }
    }

    /**
     * Returns the file that now stands for a name: while a commit is half done, this may be one that still has its temporary
     * name. Empty if there is none, or if it is to go.
     *
     * @throws CheckpointException if the folder holds a journal that is none, or the name is not that of a file
     */
    public static Optional<Path> resolve(Path folder, String name) {
        Journal journal = readJournal(folder);
        for (var rename : journal.renames().entrySet()) {
            if (rename.getValue().equals(name) && Files.exists(folder.resolve(rename.getKey()))) {
                return Optional.of(folder.resolve(rename.getKey()));
            }
        }
        Path file = folder.resolve(name);
        return !journal.deletes().contains(name) && RegularFiles.isPresent(file) ? Optional.of(file) : Optional.empty();
    }

    /** Returns the exception for a file of this folder that cannot be written. */
    public CheckpointException failure(String name, IOException e) {
        return new CheckpointException(
                "%s: cannot be written: %s; the previous content is unchanged"
                        .formatted(folder.resolve(name), reason(e)),
                e);
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static void requirePlain(String name) {
        if (name.isEmpty() || name.startsWith(TEMPORARY) || name.equals(JOURNAL) || !isPlain(name)) {
            throw new CheckpointException("'%s' is not the name of a file in a folder".formatted(name));
        }
    }

    /** Returns whether a name is that of a file in a folder, without separators and parents. */
    public static boolean isPlain(String name) {
        return !name.isEmpty()
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == '\\')
                && FileNames.resolve(Path.of(""), name).isPresent();
    }

    private record Journal(Map<String, String> renames, Set<String> deletes) {}

    private void writeJournal() throws IOException {
        var renames = new LinkedHashMap<String, JsonValue>();
        staged.forEach((name, file) -> renames.put(file.getFileName().toString(), new JsonString(name)));
        var json = JsonObject.empty()
                .with("rename", JsonObject.of(renames))
                .with("delete", JsonArray.ofStrings(List.copyOf(deleted)));
        Path file = folder.resolve(prefix + "journal");
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            var buffer = ByteBuffer.wrap(Json.print(json).getBytes(StandardCharsets.UTF_8));
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            channel.force(true);
        }
        flush(folder);
        move(file, folder.resolve(JOURNAL));
        flush(folder);
    }

    private static Journal readJournal(Path folder) {
        Path file = folder.resolve(JOURNAL);
        try {
            if (!Files.exists(file)) {
                return new Journal(Map.of(), Set.of());
            }
            if (Files.size(file) > JOURNAL_BYTES) {
                throw new CheckpointException(file + ": too large to be the journal of a commit");
            }
            JsonObject json = Json.parseObject(Files.readString(file), file.toString());
            var renames = new LinkedHashMap<String, String>();
            JsonObject pairs = json.object("rename");
            pairs.keys().forEach(key -> renames.put(key, pairs.string(key)));
            var journal = new Journal(renames, Set.copyOf(json.strings("delete")));
            requireSafe(file, journal);
            return journal;
        } catch (NoSuchFileException e) {
            return new Journal(Map.of(), Set.of());
        } catch (IOException | JsonException e) {
            throw new CheckpointException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static void requireSafe(Path file, Journal journal) {
        for (String from : journal.renames().keySet()) {
            if (!from.startsWith(TEMPORARY) || !isPlain(from)) {
                throw new CheckpointException("%s: '%s' is not the name of an unfinished file".formatted(file, from));
            }
        }
        journal.renames().values().forEach(FolderTransaction::requirePlain);
        journal.deletes().forEach(FolderTransaction::requirePlain);
    }

    private static void replay(Path folder) throws IOException {
        Journal journal = readJournal(folder);
        for (var rename : journal.renames().entrySet()) {
            Path from = folder.resolve(rename.getKey());
            if (Files.exists(from)) {
                move(from, folder.resolve(rename.getValue()));
            }
        }
        for (String name : journal.deletes()) {
            Files.deleteIfExists(folder.resolve(name));
        }
        flush(folder);
        Files.deleteIfExists(folder.resolve(JOURNAL));
        flush(folder);
    }

    private static void recover(Path folder) throws IOException {
        var living = new HashMap<String, Boolean>();
        var journal = readJournal(folder);
        for (String name : journal.renames().keySet()) {
            if (living.computeIfAbsent(prefix(name), prefix -> isLocked(folder, prefix))) {
                throw new CheckpointException(folder + ": another process is writing here");
            }
        }
        if (Files.exists(folder.resolve(JOURNAL))) {
            replay(folder);
        }
        try (DirectoryStream<Path> leftovers = Files.newDirectoryStream(folder, TEMPORARY + "*")) {
            for (Path file : leftovers) {
                String prefix = prefix(file.getFileName().toString());
                if (!living.computeIfAbsent(prefix, p -> isLocked(folder, p))) {
                    Files.deleteIfExists(file);
                }
            }
        }
    }

    private static String prefix(String name) {
        int end = name.indexOf('-', TEMPORARY.length());
        return end < 0 ? name : name.substring(0, end + 1);
    }

    // what the temporary names of this process have in common, and those of no other
    private static String process() {
        var handle = ProcessHandle.current();
        long start = handle.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return "%x.%x.".formatted(handle.pid(), start);
    }

    private static boolean isLocked(Path folder, String prefix) {
        // opening and closing a file that this very process has locked would unlock it
        if (prefix.startsWith(TEMPORARY + process())) {
            return true;
        }
        try (var channel = FileChannel.open(folder.resolve(prefix + LOCK), StandardOpenOption.WRITE);
                FileLock lock = channel.tryLock()) {
            return lock == null;
        } catch (IOException e) {
            return false;
        }
    }

    private static void move(Path from, Path to) throws IOException {
        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    // makes the renames themselves durable; some systems cannot open folders, and need not
    private static void flush(Path folder) {
        try (var channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            System.getLogger(FolderTransaction.class.getName())
                    .log(System.Logger.Level.DEBUG, "folder not flushed: " + folder, e);
        }
    }
}
