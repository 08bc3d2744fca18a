package carve.runtime.train;

import carve.api.checkpoint.CheckpointException;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.param.ParamStore;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * The folder of a run and the checkpoints in it.
 *
 * <p>A checkpoint is one safetensors file, {@code checkpoint-0000000040.safetensors} after 40 steps. It has the trained
 * parameters as {@code param.NAME}, the optimizer's moments as {@code moment.MOMENT.NAME}, all F32, and under {@code
 * __metadata__} a text {@code state}, a JSON object:
 *
 * <pre>{@code
 * {"version": 2, "step": 40, "position": {"bucket_start": 320, "batches_taken": 0}, "tokens": 12345, "seconds": 6.7,
 *  "first_loss": 8.9, "recent_losses": [1.2], "initial_digest": "SHA-256 of the initial parameters",
 *  "fingerprint": {"steps": "100", "optimizer": "AdamW...", "input-files": "a digest, see InputFiles"},
 *  "environment": {"device": "cpu", "carve.runtime": "0.1.0"}}
 * }</pre>
 *
 * <p>A second text, {@code checksum}, is the CRC-32C of that text and of name, type and values of all tensors in the order of their
 * names; a checkpoint that has another is not resumed from. Earlier versions wrote {@code crc32c}, which is that of the values alone.
 *
 * <p>{@code position} is that of the data: the first sample of the group of batches that was being read, and how many of
 * its batches were taken. There is no other random state: every random number is a function of the seed, which is among the
 * settings, and of a position. Checkpoints are written between steps, so that no half of a step is ever kept. A file appears
 * under its name when it is whole, never before.
 */
public final class CheckpointFolder {
    private static final String PREFIX = "checkpoint-";
    private static final String SUFFIX = ".safetensors";
    private static final String STATE = "state";
    private static final String CHECKSUM = "checksum";
    private static final String CHECKSUM_OF_VALUES = "crc32c";
    private static final long PIECE = 1L << 20;

    private final Path folder;

    /** Makes the store of a stage's checkpoints. */
    public CheckpointFolder(Path folder) {
        this.folder = folder;
    }

    /** Returns the newest checkpoint, if there is one. */
    public Optional<Path> latest() {
        List<Path> all = checkpoints();
        return all.isEmpty() ? Optional.empty() : Optional.of(all.getLast());
    }

    private List<Path> checkpoints() {
        List<Path> files = new ArrayList<>();
        if (!Files.isDirectory(folder)) {
            return files;
        }
        try (DirectoryStream<Path> found = Files.newDirectoryStream(folder, PREFIX + "*" + SUFFIX)) {
            found.forEach(files::add);
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be read: %s".formatted(folder, e.getMessage()), e);
        }
        files.sort(null);
        return files;
    }

    /** Writes a checkpoint, then removes old ones until as many as asked for are left. */
    void write(TrainerState state, Map<String, Tensor> tensors, int keep) {
        Path file = folder.resolve("%s%010d%s".formatted(PREFIX, state.step(), SUFFIX));
        Map<String, TensorType> types = new LinkedHashMap<>();
        tensors.forEach((name, tensor) -> types.put(name, tensor.type()));
        try (var writer = SafeTensorsWriter.create(file, types, metadata(state, tensors))) {
            tensors.forEach((name, tensor) -> write(writer, name, tensor));
            writer.commit();
        }
        prune(keep);
    }

    private static void write(SafeTensorsWriter writer, String name, Tensor tensor) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(tensor.type().bytes(), Long.BYTES);
            tensor.device().download(tensor, host);
            writer.write(name, host);
        }
    }

    private static Map<String, String> metadata(TrainerState state, Map<String, Tensor> tensors) {
        String text = Json.compact(state.json());
        CRC32C checksum = new CRC32C();
        update(checksum, text);
        new TreeMap<>(tensors).forEach((name, tensor) -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment host = arena.allocate(tensor.type().bytes(), Long.BYTES);
                tensor.device().download(tensor, host);
                update(checksum, name + tensor.type());
                update(checksum, host);
            }
        });
        return Map.of(STATE, text, CHECKSUM, Long.toHexString(checksum.getValue()));
    }

    private static void update(CRC32C checksum, String text) {
        checksum.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void update(CRC32C checksum, MemorySegment values) {
        for (long done = 0; done < values.byteSize(); done += PIECE) {
            checksum.update(values.asSlice(done, Math.min(PIECE, values.byteSize() - done))
                    .asByteBuffer());
        }
    }

    /**
     * Checks that a checkpoint has what was written. One of an earlier version, without a checksum, passes.
     *
     * @throws CheckpointException if it has something else
     */
    static void verify(Path file) {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            Map<String, String> metadata = tensors.metadata();
            boolean all = metadata.containsKey(CHECKSUM);
            CRC32C checksum = new CRC32C();
            if (all) {
                update(checksum, metadata.getOrDefault(STATE, ""));
            }
            for (String name : new TreeSet<>(tensors.names())) {
                if (all) {
                    update(checksum, name + tensors.type(name));
                }
                update(checksum, tensors.data(name));
            }
            String found = Long.toHexString(checksum.getValue());
            String written = metadata.getOrDefault(all ? CHECKSUM : CHECKSUM_OF_VALUES, found);
            if (!written.equals(found)) {
                throw new CheckpointException("%s: its content is not what was written: checksum %s, expected %s"
                        .formatted(file, found, written));
            }
        }
    }

    /** Returns the newest checkpoint before another one, if there is one. */
    Optional<Path> before(Path newer) {
        List<Path> older =
                checkpoints().stream().filter(file -> file.compareTo(newer) < 0).toList();
        return older.isEmpty() ? Optional.empty() : Optional.of(older.getLast());
    }

    private void prune(int keep) {
        List<Path> all = checkpoints();
        for (Path old : all.subList(0, Math.max(0, all.size() - keep))) {
            try {
                Files.deleteIfExists(old);
            } catch (IOException e) {
                throw new CheckpointException("%s: cannot be removed: %s".formatted(old, e.getMessage()), e);
            }
        }
    }

    /** Returns the state in a checkpoint. */
    public static TrainerState state(Path file) {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            String text = tensors.metadata().get(STATE);
            if (text == null) {
                throw new CheckpointException(
                        file + ": is not a training checkpoint: its metadata has no '" + STATE + "'");
            }
            return TrainerState.of(Json.parseObject(text, file + ": " + STATE));
        } catch (JsonException e) {
            throw new CheckpointException(file + ": cannot be resumed from: " + e.getMessage(), e);
        }
    }

    /** Puts tensors of a checkpoint into a store that has tensors of the same names without the prefix. */
    static void load(Path file, String prefix, List<String> names, ParamStore into) {
        Device device = into.device();
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            for (String name : names) {
                TensorType type = tensors.type(prefix + name);
                TensorType expected = into.get(name).type();
                if (!type.equals(expected)) {
                    throw new CheckpointException(
                            "%s: '%s%s' is %s, the run needs %s".formatted(file, prefix, name, type, expected));
                }
                into.put(name, Tensors.upload(device, type, tensors.data(prefix + name)));
            }
        }
    }
}
