package carve.app.cli;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A small Llama of random weights whose tokens are letters, with a chat template. */
public final class TinyChatModel {
    private static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>");
    private static final String LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTU.,?!\u0120\u010a";
    private static final String TEMPLATE =
            "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
                    + "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private TinyChatModel() {}

    /** Writes the model into a folder. */
    public static Path write(Path folder) throws IOException {
        base(folder);
        JsonObject config = JsonObject.empty()
                .with("tokenizer_class", "PreTrainedTokenizerFast")
                .with("bos_token", "<s>")
                .with("eos_token", "<|im_end|>")
                .with("unk_token", "<unk>")
                .with("chat_template", TEMPLATE);
        Files.writeString(folder.resolve("tokenizer_config.json"), Json.print(config));
        return folder;
    }

    /** Writes the model into a folder, without a chat template. */
    public static Path base(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path fixture = Path.of(System.getProperty("carve.fixtures"), "families", "llama");
        Files.copy(fixture.resolve("model.safetensors"), folder.resolve("model.safetensors"));
        JsonObject config = Json.readObject(fixture.resolve("config.json"))
                .with("eos_token_id", 4)
                .with("max_position_embeddings", 1024);
        Files.writeString(folder.resolve("config.json"), Json.print(config));
        Files.writeString(folder.resolve("tokenizer.json"), Json.print(tokenizer()));
        JsonObject names = JsonObject.empty()
                .with("tokenizer_class", "PreTrainedTokenizerFast")
                .with("bos_token", "<s>")
                .with("eos_token", "<|im_end|>")
                .with("unk_token", "<unk>");
        Files.writeString(folder.resolve("tokenizer_config.json"), Json.print(names));
        return folder;
    }

    private static JsonObject tokenizer() {
        List<String> tokens = Stream.concat(
                        SPECIAL.stream(), LETTERS.codePoints().mapToObj(Character::toString))
                .toList();
        JsonObject vocabulary = JsonObject.empty();
        for (int id = 0; id < tokens.size(); id++) {
            vocabulary = vocabulary.with(tokens.get(id), id);
        }
        JsonObject level = JsonObject.empty()
                .with("type", "ByteLevel")
                .with("add_prefix_space", false)
                .with("trim_offsets", true)
                .with("use_regex", true);
        return JsonObject.empty()
                .with("version", "1.0")
                .with("added_tokens", new JsonArray(added()))
                .with("pre_tokenizer", level)
                .with("decoder", level)
                .with(
                        "model",
                        JsonObject.empty()
                                .with("type", "BPE")
                                .with("unk_token", "<unk>")
                                .with("vocab", vocabulary)
                                .with("merges", new JsonArray(List.of())));
    }

    private static List<JsonValue> added() {
        List<JsonValue> added = new ArrayList<>();
        for (int id = 0; id < SPECIAL.size(); id++) {
            added.add(JsonObject.empty()
                    .with("id", id)
                    .with("content", SPECIAL.get(id))
                    .with("single_word", false)
                    .with("lstrip", false)
                    .with("rstrip", false)
                    .with("normalized", false)
                    .with("special", true));
        }
        return added;
    }
}
