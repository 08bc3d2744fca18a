package carve.runtime.safetensors;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.tensor.TensorType;
import carve.runtime.io.FolderTransaction;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes a model folder in Hugging Face layout, all files at once or none.
 *
 * <p>The tensors go into {@code model.safetensors}, or where they are more bytes than a file may hold, into
 * {@code model-00001-of-00002.safetensors} and so on with {@code model.safetensors.index.json}. Files with tensors that
 * were there before and are not replaced are removed; other files of the folder stay.
 *
 * {@snippet :
 * new CheckpointWriter(folder).with(Checkpoint.CONFIG, config).write(tensors);
 * }
 *
 * <p>The index is a JSON object: {@code metadata.total_size} is the number of bytes of all values, {@code weight_map} maps
 * each tensor's name to its file, sorted. Immutable: the methods named {@code with} return changed copies.
 */
public final class CheckpointWriter {
    /** The default limit of the bytes of values in a file; a larger tensor has a file of its own. */
    public static final long SHARD_BYTES = 5_000_000_000L;

    private static final Pattern OURS = Pattern.compile("model(-\\d{5}-of-\\d{5})?\\.safetensors(\\.index\\.json)?");

    private final Path folder;
    private final Map<String, byte[]> files;
    private final Map<String, String> metadata;
    private final long shardBytes;

    /** Makes a writer that will write tensors only, with the metadata {@code format = pt} that other readers want. */
    public CheckpointWriter(Path folder) {
        this(folder, Map.of(), Map.of("format", "pt"), SHARD_BYTES);
    }

    private CheckpointWriter(Path folder, Map<String, byte[]> files, Map<String, String> metadata, long shardBytes) {
        this.folder = folder;
        this.files = files;
        this.metadata = metadata;
        this.shardBytes = shardBytes;
    }

    /** Returns a writer that also writes this file, such as {@code config.json}, with a newline at the end. */
    public CheckpointWriter with(String name, JsonObject json) {
        return with(name, (Json.print(json) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Returns a writer that also writes this file. */
    public CheckpointWriter with(String name, byte[] content) {
        var more = new LinkedHashMap<>(files);
        more.put(name, content.clone());
        return new CheckpointWriter(folder, more, metadata, shardBytes);
    }

    /**
     * Returns a writer that also copies this file, such as a tokenizer, under its own name.
     *
     * @throws CheckpointException if it cannot be read
     */
    public CheckpointWriter withCopy(Path file) {
        try {
            return with(file.getFileName().toString(), Files.readAllBytes(file));
        } catch (NoSuchFileException e) {
            throw new CheckpointException(file + ": no such file", e);
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** Returns a writer that writes these texts under {@code __metadata__} of each file with tensors. */
    public CheckpointWriter withMetadata(Map<String, String> texts) {
        return new CheckpointWriter(folder, files, new LinkedHashMap<>(texts), shardBytes);
    }

    /** Returns a writer whose files hold at most so many bytes of values. */
    public CheckpointWriter withShardBytes(long bytes) {
        if (bytes < 1) {
            throw new CheckpointException("a file must hold at least 1 byte of values, is to hold " + bytes);
        }
        return new CheckpointWriter(folder, files, metadata, bytes);
    }

    /**
     * Writes the folder with the tensors of a source. They keep storage types and bits; inside a file they have the order of
     * the official writer.
     *
     * @throws CheckpointException if something cannot be written; the folder is then as it was
     */
    public void write(TensorSource tensors) {
        List<Map<String, TensorType>> shards = shards(SafeTensorsWriter.types(tensors));
        try (FolderTransaction folderTransaction = FolderTransaction.begin(folder)) {
            deleteOld(folderTransaction);
            var weightMap = new TreeMap<String, JsonValue>();
            for (int i = 0; i < shards.size(); i++) {
                String name = shards.size() == 1
                        ? Checkpoint.WEIGHTS
                        : "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
                write(folderTransaction, name, shards.get(i), tensors);
                shards.get(i).keySet().forEach(tensor -> weightMap.put(tensor, new JsonString(name)));
            }
            files.forEach(folderTransaction::write);
            if (shards.size() > 1) {
                long total = shards.stream()
                        .flatMap(s -> s.values().stream())
                        .mapToLong(TensorType::bytes)
                        .sum();
                folderTransaction.write(Checkpoint.INDEX, index(total, weightMap));
            }
            folderTransaction.commit();
        }
    }

    private void write(
            FolderTransaction folderTransaction, String name, Map<String, TensorType> types, TensorSource tensors) {
        var ordered = SafeTensorsWriter.officialOrder(types);
        try (var writer =
                new SafeTensorsWriter(folderTransaction, name, SafeTensorsHeader.of(ordered, metadata), false)) {
            ordered.keySet().forEach(tensor -> writer.write(tensor, tensors.pieces(tensor)));
            writer.finish();
        }
    }

    private List<Map<String, TensorType>> shards(Map<String, TensorType> types) {
        var shards = new ArrayList<Map<String, TensorType>>();
        shards.add(new LinkedHashMap<>());
        long held = 0;
        for (var tensor : types.entrySet()) {
            long bytes = tensor.getValue().bytes();
            if (held + bytes > shardBytes && !shards.getLast().isEmpty()) {
                shards.add(new LinkedHashMap<>());
                held = 0;
            }
            shards.getLast().put(tensor.getKey(), tensor.getValue());
            held += bytes;
        }
        return shards;
    }

    private void deleteOld(FolderTransaction folderTransaction) {
        try (var old = Files.list(folder)) {
            old.map(file -> file.getFileName().toString())
                    .filter(name -> OURS.matcher(name).matches())
                    .forEach(folderTransaction::delete);
        } catch (IOException e) {
            throw new CheckpointException("%s: cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static byte[] index(long total, Map<String, JsonValue> weightMap) {
        JsonObject index = JsonObject.empty()
                .with("metadata", JsonObject.empty().with("total_size", total))
                .with("weight_map", JsonObject.of(weightMap));
        return (Json.print(index) + "\n").getBytes(StandardCharsets.UTF_8);
    }
}
