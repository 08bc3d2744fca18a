package carve.app.chat;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.stage.ParamDigest;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * A conversation in a file, with the model's state, so that it goes on where it was without anything being computed again.
 *
 * <p>The file is one of safetensors: {@code state.LAYER.NAME} as mixers save them, {@code tokens} (I32), all that the model has
 * seen, and {@code picture.N} (I8), the bytes of pictures in the order in which they were shown. Its metadata has one text,
 * {@code talk}, a JSON object:
 *
 * <pre>{@code
 * {"version": 1, "model": "ParamDigest of the parameters", "position": 120, "seen_pictures": 1, "rows": {"pixel_values": 1},
 *  "messages": [{"role": "user", "text": "what is this", "pictures": ["photo.png"]}, {"role": "assistant", "text": "a cat"}]}
 * }</pre>
 *
 * <p>It appears whole or not at all, and is for the model of that digest alone.
 */
final class ConversationFile {
    private static final int VERSION = 1;
    private static final String METADATA_KEY = "talk";

    private ConversationFile() {}

    /** Writes a conversation. */
    static void save(Conversation talk, Path file) {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        JsonObject about = JsonObject.empty()
                .with("version", VERSION)
                .with("model", ParamDigest.of(talk.model().params()))
                .with("position", talk.position());
        Optional<ConversationSnapshot> point = talk.lastSnapshot();
        if (point.isPresent()) {
            tensors.put("tokens", ints(point.get().tokens()));
            state(talk.model().device(), point.get().state(), tensors);
            JsonObject rows = JsonObject.empty();
            for (Map.Entry<String, Integer> row : point.get().mediaRows().entrySet()) {
                rows = rows.with(row.getKey(), row.getValue());
            }
            about = about.with("seen_pictures", point.get().pictures().size()).with("rows", rows);
        }
        List<JsonValue> messages = new ArrayList<>();
        int picture = 0;
        for (Message message : talk.messages()) {
            for (EncodedImage shown : message.images()) {
                tensors.put("picture." + picture++, bytes(shown.bytes()));
            }
            messages.add(json(message));
        }
        about = about.with("messages", new JsonArray(messages));
        SafeTensorsWriter.write(file, TensorSources.of(tensors), Map.of(METADATA_KEY, Json.compact(about)));
    }

    private static JsonObject json(Message message) {
        return JsonObject.empty()
                .with("role", message.role().name().toLowerCase(Locale.ROOT))
                .with("text", message.text())
                .with(
                        "pictures",
                        JsonArray.ofStrings(message.images().stream()
                                .map(EncodedImage::name)
                                .toList()));
    }

    private static void state(Device device, ModelState state, Map<String, TensorData> tensors) {
        for (int i = 0; i < state.layers().size(); i++) {
            MixerState layer = state.layer(i);
            String prefix = "state." + i + ".";
            Scope.run(
                    device,
                    () -> layer.save().forEach((name, tensor) -> {
                        MemorySegment values = memory(tensor.type());
                        device.download(tensor, values);
                        tensors.put(prefix + name, new TensorData(tensor.type(), values));
                    }));
        }
    }

    private static MemorySegment memory(TensorType type) {
        long words = (type.bytes() + Long.BYTES - 1) / Long.BYTES;
        return MemorySegment.ofArray(new long[Math.toIntExact(words)]).asSlice(0, type.bytes());
    }

    private static TensorData ints(int[] values) {
        TensorType type = new TensorType(DType.I32, Shape.of(values.length));
        MemorySegment memory = memory(type);
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_INT, 0, values.length);
        return new TensorData(type, memory);
    }

    private static TensorData bytes(byte[] values) {
        TensorType type = new TensorType(DType.I8, Shape.of(values.length));
        MemorySegment memory = memory(type);
        MemorySegment.copy(values, 0, memory, ValueLayout.JAVA_BYTE, 0, values.length);
        return new TensorData(type, memory);
    }

    /**
     * Reads a conversation; the caller closes it.
     *
     * @param like a conversation with the same model
     * @throws ChatException if the file is none, or of another model
     */
    static Conversation load(Path file, Conversation like) {
        try (SafeTensorsFile tensors = SafeTensorsFile.open(file)) {
            String text = tensors.metadata().get(METADATA_KEY);
            if (text == null) {
                throw new ChatException(file + ": is not a conversation; /save writes one");
            }
            JsonObject about = Json.parseObject(text, file.toString());
            check(about, file, like.model());
            List<Message> messages = messages(about, tensors);
            return like.resumeFrom(messages, snapshot(about, tensors, messages, like.model()));
        } catch (CheckpointException | JsonException | IllegalArgumentException e) {
            throw new ChatException("%s: cannot be gone on with: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static void check(JsonObject about, Path file, LoadedModel model) {
        int version = about.integer("version");
        if (version != VERSION) {
            throw new ChatException("%s: has version %d, this program reads %d".formatted(file, version, VERSION));
        }
        String digest = ParamDigest.of(model.params());
        if (!digest.equals(about.string("model"))) {
            throw new ChatException(
                    "%s: is a conversation with another model: its parameters have the digest %s, this one's %s"
                            .formatted(file, abbreviate(about.string("model")), abbreviate(digest)));
        }
    }

    private static String abbreviate(String digest) {
        return digest.substring(0, Math.min(12, digest.length()));
    }

    private static List<Message> messages(JsonObject about, SafeTensorsFile tensors) {
        List<Message> messages = new ArrayList<>();
        int picture = 0;
        for (JsonValue item : about.array("messages").items()) {
            if (!(item instanceof JsonObject message)) {
                throw about.error("messages", "must have objects");
            }
            List<EncodedImage> pictures = new ArrayList<>();
            for (String name : message.strings("pictures")) {
                MemorySegment data = tensors.data("picture." + picture++);
                pictures.add(new EncodedImage(name, data.toArray(ValueLayout.JAVA_BYTE)));
            }
            Role role = Role.valueOf(message.string("role").toUpperCase(Locale.ROOT));
            messages.add(new Message(role, message.string("text"), pictures));
        }
        return messages;
    }

    private static Optional<ConversationSnapshot> snapshot(
            JsonObject about, SafeTensorsFile tensors, List<Message> messages, LoadedModel model) {
        if (!tensors.names().contains("tokens")) {
            return Optional.empty();
        }
        int[] tokens = tensors.data("tokens").toArray(ValueLayout.JAVA_INT_UNALIGNED);
        List<EncodedImage> shown = messages.stream()
                .flatMap(message -> message.images().stream())
                .limit(about.integer("seen_pictures"))
                .toList();
        Map<String, Integer> rows = new LinkedHashMap<>();
        JsonObject counts = about.object("rows");
        counts.keys().forEach(key -> rows.put(key, counts.integer(key)));
        ModelState state = model.model().newState(model.device(), 1, Conversation.CAPACITY);
        try {
            for (int i = 0; i < state.layers().size(); i++) {
                restore(model.device(), tensors, i, state.layer(i), about.integer("position"));
            }
            return Optional.of(new ConversationSnapshot(state, tokens, shown, rows));
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private static void restore(Device device, SafeTensorsFile tensors, int index, MixerState layer, int position) {
        String prefix = "state." + index + ".";
        Scope.run(device, () -> {
            Map<String, Tensor> saved = new LinkedHashMap<>();
            for (String name : tensors.names()) {
                if (name.startsWith(prefix)) {
                    saved.put(
                            name.substring(prefix.length()),
                            Tensors.upload(device, tensors.type(name), tensors.data(name)));
                }
            }
            layer.load(saved, position);
        });
    }
}
