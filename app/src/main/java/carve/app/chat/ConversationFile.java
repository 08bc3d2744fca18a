package carve.app.chat;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import carve.runtime.train.ParamDigest;
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
 * A file with a conversation and the model's state, so that it can be resumed without computing anything again.
 *
 * <p>It is a safetensors file: {@code state.LAYER.NAME} as mixers save them, {@code tokens} (I32), all that the model has seen, and
 * {@code picture.N} (I8), the bytes of pictures in the order in which they were shown. Its metadata has one text, {@code
 * conversation}, a JSON object:
 *
 * <pre>{@code
 * {"version": 2, "model": "ParamDigest of the parameters", "position": 120, "media_rows": {"pixel_values": 1},
 *  "messages": [{"role": "user", "text": "what is this", "pictures": ["photo.png"]}, {"role": "assistant", "text": "a cat"}]}
 * }</pre>
 *
 * <p>In version 1, which can be read, that text is called {@code talk} and media_rows {@code rows}. The file appears whole or not at
 * all, and can be resumed with a model of that digest only.
 */
final class ConversationFile {
    private static final int VERSION = 2;
    private static final String METADATA_KEY = "conversation";
    private static final String METADATA_KEY_1 = "talk";
    private static final String STATE = "state.";

    private ConversationFile() {}

    /** Writes a conversation. */
    static void save(Conversation conversation, Path file) {
        Map<String, TensorData> tensors = new LinkedHashMap<>();
        JsonObject about = JsonObject.empty()
                .with("version", VERSION)
                .with("model", ParamDigest.of(conversation.model().params()))
                .with("position", conversation.position());
        Optional<PinnedState> state = conversation.lastState();
        if (state.isPresent()) {
            Prompt prefix = state.get().prefix();
            tensors.put("tokens", ints(prefix.tokens()));
            TensorSource source = state.get().tensors();
            source.names()
                    .forEach(name -> tensors.put(STATE + name, new TensorData(source.type(name), source.data(name))));
            about = about.with("media_rows", MediaRows.of(prefix).json());
        }
        List<JsonValue> messages = new ArrayList<>();
        int picture = 0;
        for (Message message : conversation.messages()) {
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
                .with("role", message.role())
                .with("text", message.text())
                .with(
                        "pictures",
                        JsonArray.ofStrings(message.images().stream()
                                .map(EncodedImage::name)
                                .toList()));
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
            Map<String, String> metadata = tensors.metadata();
            String text = metadata.getOrDefault(METADATA_KEY, metadata.getOrDefault(METADATA_KEY_1, ""));
            if (text.isEmpty()) {
                throw new ChatException(file + ": is not a conversation; /save writes one");
            }
            JsonObject about = Json.parseObject(text, file.toString());
            check(about, file, like.model());
            Conversation conversation = like.resumeFrom(messages(about, tensors));
            if (tensors.names().contains("tokens")) {
                conversation.restoreState(
                        tensors.data("tokens").toArray(ValueLayout.JAVA_INT_UNALIGNED),
                        MediaRows.of(about.object(about.integer("version") == 1 ? "rows" : "media_rows")),
                        state(tensors));
            }
            return conversation;
        } catch (CheckpointException | JsonException | IllegalArgumentException e) {
            throw new ChatException("%s: cannot resume this conversation: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static TensorSource state(SafeTensorsFile tensors) {
        Map<String, TensorType> types = new LinkedHashMap<>();
        tensors.names().stream()
                .filter(name -> name.startsWith(STATE))
                .forEach(name -> types.put(name.substring(STATE.length()), tensors.type(name)));
        return TensorSources.of(types, name -> tensors.data(STATE + name));
    }

    private static void check(JsonObject about, Path file, LoadedModel model) {
        int version = about.integer("version");
        if (version < 1 || version > VERSION) {
            throw new ChatException("%s: has version %d, this program reads 1 to %d".formatted(file, version, VERSION));
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
                pictures.add(new EncodedImage(name, data.toArray(ValueLayout.JAVA_BYTE)).upright());
            }
            Role role = Role.valueOf(message.string("role").toUpperCase(Locale.ROOT));
            messages.add(new Message(role, message.string("text"), pictures));
        }
        return messages;
    }
}
