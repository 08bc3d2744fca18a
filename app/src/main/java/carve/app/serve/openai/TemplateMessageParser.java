package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.app.serve.http.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Reads the messages of a request for a model with a chat template: in their order, of any role, with all their fields, which are
 * what the template makes of them. Images are decoded, and their parts become {@code {"type": "image"}}, as vLLM has it.
 */
final class TemplateMessageParser {
    private static final Set<String> OTHER_MEDIA =
            Set.of("input_audio", "audio", "audio_url", "video", "video_url", "file", "input_image", "image_embeds");

    private final RequestLimits requestLimits;
    private int pictures;

    private TemplateMessageParser(RequestLimits requestLimits) {
        this.requestLimits = requestLimits;
    }

    /**
     * Returns the messages of a conversation.
     *
     * @throws ApiException if they are not messages; it says which one is not
     */
    static List<Message> parse(JsonArray messages, RequestLimits requestLimits) {
        if (messages.items().isEmpty()) {
            throw ApiException.invalidParameter("messages", "Invalid 'messages': empty array.");
        }
        TemplateMessageParser parser = new TemplateMessageParser(requestLimits);
        List<Message> all = new ArrayList<>();
        for (int i = 0; i < messages.items().size(); i++) {
            all.add(parser.message(messages.items().get(i), "messages[%d]".formatted(i)));
        }
        return all;
    }

    private Message message(JsonValue value, String path) {
        RequestFields fields = RequestFields.of(value, path);
        fields.string("role").orElseThrow(() -> fields.missing("role"));
        JsonObject json = (JsonObject) value;
        List<EncodedImage> images = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        switch (json.value("content").orElse(new JsonNull())) {
            case JsonNull _ -> {}
            case JsonString text -> texts.add(text.text());
            case JsonArray parts -> json = json.with("content", parts(parts, fields.path("content"), images, texts));
            case JsonValue other ->
                throw RequestFields.wrongType(fields.path("content"), "a string or an array", other);
        }
        return new Message(json, Message.escape(String.join("\n", texts)), images);
    }

    private JsonArray parts(JsonArray parts, String path, List<EncodedImage> images, List<String> texts) {
        List<JsonValue> read = new ArrayList<>();
        for (int i = 0; i < parts.items().size(); i++) {
            JsonValue value = parts.items().get(i);
            RequestFields part = RequestFields.of(value, "%s[%d]".formatted(path, i));
            String type = part.string("type").orElseThrow(() -> part.missing("type"));
            if (OTHER_MEDIA.contains(type)) {
                throw ApiException.invalidParameter(
                        part.path("type"),
                        "Invalid value: '%s'. Supported media are images, in parts of the type 'image_url'.",
                        type);
            }
            if (type.equals("image_url")) {
                images.add(picture(part));
                read.add(Message.imagePart());
                continue;
            }
            if (type.equals("text")) {
                texts.add(part.string("text").orElseThrow(() -> part.missing("text")));
            }
            read.add(value);
        }
        return new JsonArray(read);
    }

    private EncodedImage picture(RequestFields part) {
        pictures++;
        return MessageParser.picture(part, pictures, requestLimits);
    }
}
