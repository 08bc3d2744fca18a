package carve.data;

import carve.api.config.Settings;
import carve.api.data.Sample;
import carve.api.json.JsonArray;
import carve.api.json.JsonBoolean;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Makes tokens of conversations by the model's chat template.
 *
 * @param processor renders and encodes
 * @param formats the form of conversations; empty if each row's keys tell it
 * @param mask what is trained
 */
record ChatEncoder(Processor processor, List<ChatFormat> formats, ChatMask mask) implements DocumentEncoder {
    private static final String ASSISTANT = Message.Role.ASSISTANT.text();
    private static final List<String> WEIGHTS = List.of("weight", "train");

    /** Copies the list. */
    ChatEncoder {
        formats = List.copyOf(formats);
    }

    /**
     * Reads the settings.
     *
     * @throws carve.api.text.ChatTemplateException if the model has no chat template
     */
    static ChatEncoder of(Settings settings, Processor processor) {
        processor.requireChat();
        List<ChatFormat> formats = settings.string("format").equals("auto")
                ? List.of()
                : List.of(settings.enumConstant("format", ChatFormat.class));
        return new ChatEncoder(processor, formats, settings.enumConstant("mask", ChatMask.class));
    }

    @Override
    public Set<String> columns() {
        return ChatFormat.COLUMNS;
    }

    @Override
    public String settings() {
        return "chat format=%s mask=%s"
                .formatted(
                        formats.isEmpty() ? "auto" : Settings.enumConstant(formats.getFirst()),
                        Settings.enumConstant(mask));
    }

    @Override
    public boolean isWeighted() {
        return mask != ChatMask.ALL;
    }

    @Override
    public void readPlain(DataFile file, RowSink sink, LongConsumer progress) {
        sink.bad(file.path().toString(), "conversations are read from .jsonl, .json and .parquet files");
    }

    @Override
    public EncodedDocument encode(JsonObject row) {
        ChatFormat format = formats.isEmpty() ? ChatFormat.detect(row) : formats.getFirst();
        List<JsonObject> said = format.messages(row);
        List<Message> messages = said.stream().map(ChatEncoder::message).toList();
        if (mask == ChatMask.ALL) {
            requireNoWeights(said);
            int[] tokens = processor.prompt(messages, ChatOptions.WHOLE).tokens();
            return new EncodedDocument(tokens, new float[0]);
        }
        if (messages.stream().noneMatch(message -> message.isFrom(Message.Role.ASSISTANT))) {
            throw new JsonException("expected a message of the assistant, found none");
        }
        Sample sample = processor.trainingSample(messages);
        if (!sample.media().isEmpty()) {
            throw new JsonException("images are not supported here; type = llava reads them");
        }
        return new EncodedDocument(sample.tokens(), weights(said, sample.lossMask()));
    }

    private static Message message(JsonObject said) {
        JsonObject json = said.without("weight").without("train");
        String text = switch (said.value("content").orElse(new JsonNull())) {
            case JsonString content -> content.text();
            case JsonArray _, JsonNull _ -> "";
            default -> throw said.error("content", "must be a text or a list of parts");
        };
        return new Message(json, Message.escape(text), List.of());
    }

    private float[] weights(List<JsonObject> said, boolean[] answers) {
        if (mask == ChatMask.COMPLETION) {
            requireNoWeights(said);
            return new AnswerSpans(answers).weights(List.of());
        }
        List<Float> given = new ArrayList<>();
        for (JsonObject message : said) {
            boolean assistant = message.string("role").equals(ASSISTANT);
            Optional<Float> weight = weight(message);
            if (assistant) {
                given.add(weight.orElse(1f));
            } else if (weight.orElse(0f) != 0) {
                throw message.error(
                        "role",
                        "is '%s', but messages of the assistant alone can be trained"
                                .formatted(message.string("role")));
            }
        }
        return new AnswerSpans(answers).weights(given);
    }

    private void requireNoWeights(List<JsonObject> said) {
        for (JsonObject message : said) {
            if (weight(message).isPresent()) {
                throw new JsonException("a message has '%s', which mask = %s does not read; set mask = given"
                        .formatted(String.join("' or '", WEIGHTS), Settings.enumConstant(mask)));
            }
        }
    }

    private static Optional<Float> weight(JsonObject message) {
        List<String> given = WEIGHTS.stream()
                .filter(key -> !(message.value(key).orElse(new JsonNull()) instanceof JsonNull))
                .toList();
        if (given.size() > 1) {
            throw message.error("weight", "and 'train' are both there");
        }
        return given.stream().findFirst().map(key -> weight(message, key));
    }

    private static float weight(JsonObject message, String key) {
        JsonValue value = message.value(key).orElseThrow();
        return switch (value) {
            case JsonBoolean flag -> flag.value() ? 1f : 0f;
            case JsonNumber _
            when message.real(key) >= 0 && message.real(key) < Float.MAX_VALUE -> (float) message.real(key);
            default -> throw message.error(key, "must be true, false or a number from 0, is " + value.describe());
        };
    }
}
