package carve.app.serve.openai;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.app.serve.http.ApiException;
import carve.runtime.engine.Digests;
import carve.runtime.engine.ModelEngine;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Conversations of one model that were saved by request, each a file {@code ID.json}, and what the model remembers of them.
 *
 * <p>The file has {@code id}, {@code model}, {@code created}, {@code parent}, {@code tokens} (how many the conversation has),
 * {@code snapshot} (the key of what is remembered, in a file of the engine's, or nothing) and {@code messages}. It appears whole
 * or not at all. Were the snapshot lost, or the model another, the conversation would be read again: a state always loads. Ids
 * are made here, from 96 random bits; anything else is not looked for. Another server may save and delete in the same folder.
 * Safe for several threads.
 */
public final class SavedStateStore {
    private static final System.Logger LOG =
            System.getLogger(SavedStateStore.class.getModule().getName());
    private static final Pattern ID = Pattern.compile("st-[0-9a-f]{24}");
    private static final int RANDOM_BYTES = 12;

    private final ModelEngine engine;
    private final Path folder;
    private final long budget;
    private final SecureRandom random = new SecureRandom();
    // without messages, by id
    private final Map<String, JsonObject> known = new TreeMap<>();
    private final Map<String, Long> sizes = new TreeMap<>();

    private SavedStateStore(ModelEngine engine, Path folder, long budget) {
        this.engine = engine;
        this.folder = folder;
        this.budget = budget;
    }

    /** Opens the states of a model, if its engine has a folder for them. */
    public static Optional<SavedStateStore> open(ModelEngine engine, long budget) {
        return engine.config().cacheFolder().stream().findFirst().map(root -> {
            Path folder = root.resolve("saved").resolve(Digests.of(List.of(engine.name())));
            SavedStateStore states = new SavedStateStore(engine, folder, budget);
            states.prepare();
            return states;
        });
    }

    private void prepare() {
        try {
            ModelEngine.createPrivateFolder(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        refresh();
    }

    /** Takes up what another server has saved or deleted. */
    private void refresh() {
        Set<String> there = new TreeSet<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".json"))
                    .map(name -> name.substring(0, name.length() - ".json".length()))
                    .filter(SavedStateStore::isId)
                    .forEach(there::add);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        known.keySet().retainAll(there);
        sizes.keySet().retainAll(there);
        there.removeAll(sizes.keySet());
        there.forEach(this::load);
    }

    private void load(String id) {
        Path file = file(id);
        try {
            sizes.put(id, Files.size(file));
            known.put(id, checked(id, Json.readObject(file)).without("messages"));
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "a saved state has gone: {0}", id);
        } catch (JsonException e) {
            LOG.log(Level.WARNING, "a saved state cannot be read: {0}", e.getMessage());
        }
    }

    // a file that something else has changed may have anything in it
    private static JsonObject checked(String id, JsonObject state) {
        if (!state.string("id").equals(id)) {
            throw state.error("id", "expected " + id);
        }
        state.string("model");
        state.longInteger("created");
        state.string("parent");
        state.integer("tokens");
        state.string("snapshot");
        state.array("messages");
        return state;
    }

    private Path file(String id) {
        return folder.resolve(id + ".json");
    }

    /** Returns whether a text may be the id of a state. */
    public static boolean isId(String text) {
        return ID.matcher(text).matches();
    }

    /** Returns all states, newest first, without their messages. */
    synchronized List<JsonObject> all() {
        refresh();
        return known.values().stream()
                .sorted(Comparator.comparingLong((JsonObject state) -> state.longInteger("created"))
                        .reversed())
                .toList();
    }

    /**
     * Returns a state with its messages, if there is one of this id.
     *
     * @throws ApiException if its file is damaged
     */
    synchronized Optional<JsonObject> find(String id) {
        if (!has(id)) {
            return Optional.empty();
        }
        try {
            return Optional.of(checked(id, Json.readObject(file(id))));
        } catch (JsonException e) {
            // another server has just deleted it
            if (!Files.exists(file(id))) {
                return Optional.empty();
            }
            LOG.log(Level.WARNING, "a saved state cannot be read: {0}", e.getMessage());
            throw ApiException.requestError(
                    404, "state_damaged", "The file of state '%s' is damaged; delete the state.", id);
        }
    }

    private boolean has(String id) {
        if (!isId(id)) {
            return false;
        }
        refresh();
        return sizes.containsKey(id);
    }

    /**
     * Saves a conversation.
     *
     * @param parent the id of the state that it goes on from, or nothing
     * @param tokens how many tokens it has
     * @param snapshot the key of what is remembered of it, or nothing
     * @throws ApiException if there is no room
     */
    synchronized JsonObject save(String parent, int tokens, String snapshot, JsonArray messages) {
        String id = "st-" + HexFormat.of().formatHex(randomBytes());
        JsonObject state = JsonObject.empty()
                .with("id", id)
                .with("object", "state")
                .with("created", System.currentTimeMillis() / 1000)
                .with("model", engine.name())
                .with("parent", parent)
                .with("tokens", tokens)
                .with("snapshot", snapshot);
        byte[] bytes = (Json.compact(state.with("messages", messages)) + "\n").getBytes(StandardCharsets.UTF_8);
        refresh();
        long used = sizes.values().stream().mapToLong(Long::longValue).sum();
        if (used + bytes.length + engine.pinnedBytes() > budget) {
            release(snapshot);
            throw ApiException.requestError(
                    507, "insufficient_storage", "Saved-state storage is full; delete some states.");
        }
        try {
            write(file(id), bytes);
        } catch (ApiException e) {
            release(snapshot);
            throw e;
        }
        known.put(id, state);
        sizes.put(id, (long) bytes.length);
        return state;
    }

    private byte[] randomBytes() {
        byte[] bytes = new byte[RANDOM_BYTES];
        random.nextBytes(bytes);
        return bytes;
    }

    private static void write(Path file, byte[] bytes) {
        Path temporary = file.resolveSibling(".tmp-" + file.getFileName());
        try {
            try (FileChannel channel = FileChannel.open(
                    temporary,
                    StandardOpenOption.CREATE,
                    StandardOpenOption.WRITE,
                    StandardOpenOption.TRUNCATE_EXISTING)) {
                ByteBuffer buffer = ByteBuffer.wrap(bytes);
                while (buffer.hasRemaining()) {
                    channel.write(buffer);
                }
                channel.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            deleteQuietly(temporary);
            throw cannotStore(e);
        }
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be removed: {1}", file, e.toString());
        }
    }

    /** Returns the error of a request whose state cannot be written, mostly because the disk is full. */
    static ApiException cannotStore(Exception cause) {
        LOG.log(Level.WARNING, "a state cannot be saved", cause);
        return ApiException.requestError(
                507, "insufficient_storage", "The server cannot write the state to its disk; nothing was saved.");
    }

    /** Removes a state; returns whether there was one. */
    synchronized boolean delete(String id) {
        if (!has(id)) {
            return false;
        }
        try {
            Files.deleteIfExists(file(id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sizes.remove(id);
        Optional.ofNullable(known.remove(id)).ifPresent(state -> release(state.string("snapshot")));
        return true;
    }

    // several states may have one snapshot
    private void release(String snapshot) {
        List<String> used = new ArrayList<>();
        known.values().forEach(state -> used.add(state.string("snapshot")));
        if (!used.contains(snapshot)) {
            engine.unpin(snapshot);
        }
    }
}
