package carve.models.chat;

import carve.api.json.Json;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * A folder with a tokenizer of bytes, and the special tokens that templates of these tests write.
 *
 * @param folder where it is
 */
record ChatFolder(Path folder) {
    static final List<String> SPECIAL = List.of("<s>", "</s>", "<|im_start|>", "<|im_end|>");
    static final int FIRST = 256;

    /** A template of the kind that most models have. */
    static final String CHATML = """
            {%- if tools %}{{ '<|im_start|>tools\n' + tools | tojson + '<|im_end|>\n' }}{% endif -%}
            {%- for message in messages -%}
            {{- '<|im_start|>' + message.role + '\n' -}}
            {%- if message.content is string -%}{{- message.content | trim -}}{%- else -%}
            {%- for part in message.content -%}{{- '<image>' if part.type == 'image' else part.text -}}{%- endfor -%}
            {%- endif -%}
            {{- '<|im_end|>\n' -}}
            {%- endfor -%}
            {%- if add_generation_prompt -%}{{- '<|im_start|>assistant\n' -}}
            {%- if enable_thinking is defined and not enable_thinking -%}{{- '<think></think>' -}}{%- endif -%}
            {%- endif -%}
            """;

    /** Writes the tokenizer. */
    static ChatFolder in(Path folder) throws IOException {
        JsonObject vocabulary = JsonObject.empty();
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean plain = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            vocabulary = vocabulary.with(Character.toString(plain ? b : next++), b);
        }
        JsonObject added = JsonObject.empty();
        JsonObject special = JsonObject.empty();
        for (int i = 0; i < SPECIAL.size(); i++) {
            added = added.with(SPECIAL.get(i), FIRST + i);
            special = special.with("token" + i, SPECIAL.get(i));
        }
        Files.writeString(folder.resolve("vocab.json"), Json.print(vocabulary));
        Files.writeString(folder.resolve("merges.txt"), "#version: 0.2\n");
        Files.writeString(folder.resolve("added_tokens.json"), Json.print(added));
        Files.writeString(folder.resolve("special_tokens_map.json"), Json.print(special));
        return new ChatFolder(folder);
    }

    /** Writes a file. */
    ChatFolder with(String file, String text) throws IOException {
        Path path = folder.resolve(file);
        Files.createDirectories(path.getParent());
        Files.writeString(path, text);
        return this;
    }

    /** Writes a {@code tokenizer_config.json} with a template. */
    ChatFolder withTemplate(String template) throws IOException {
        return with(
                "tokenizer_config.json",
                Json.print(JsonObject.empty()
                        .with("bos_token", "<s>")
                        .with("eos_token", JsonObject.empty().with("content", "<|im_end|>"))
                        .with("pad_token", new JsonNull())
                        .with("chat_template", template)));
    }

    /** Opens a processor of text. */
    Processor open() {
        return ChatProcessor.text(JsonObject.empty().with("eos_token_id", 257), folder);
    }
}
