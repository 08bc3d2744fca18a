package carve.models.chat;

import carve.api.json.Json;
import carve.api.text.ChatTemplateException;
import carve.models.template.ChatTemplate;
import carve.models.template.TemplateException;
import carve.models.text.TextException;
import carve.models.text.TokenizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * The chat templates of a model, by name.
 *
 * <p>They are {@code chat_template.jinja} and {@code additional_chat_templates/NAME.jinja}; else {@code chat_template.json}; else {@code
 * chat_template} of {@code tokenizer_config.json}, or of a GGUF file's metadata, where there may be several with names.
 *
 * @param byName the templates; {@code default} is taken where no other is asked for
 */
record ChatTemplates(Map<String, ChatTemplate> byName) {
    static final String FILE = "chat_template.jinja";
    static final String FOLDER = "additional_chat_templates";
    static final String JSON_FILE = "chat_template.json";
    private static final String END = ".jinja";
    private static final String TOOLS = "tool_use";

    /** Copies the map. */
    ChatTemplates {
        byName = Map.copyOf(byName);
    }

    /** Returns the templates in files of their own, of which there may be none. */
    static ChatTemplates ofFiles(Path folder) {
        Map<String, String> sources = new LinkedHashMap<>();
        if (Files.isRegularFile(folder.resolve(FILE))) {
            sources.put(TokenizerConfig.DEFAULT_TEMPLATE, read(folder.resolve(FILE)));
        }
        for (Path file : more(folder.resolve(FOLDER))) {
            String name = file.getFileName().toString();
            sources.put(name.substring(0, name.length() - END.length()), read(file));
        }
        Path json = folder.resolve(JSON_FILE);
        if (sources.isEmpty() && Files.isRegularFile(json)) {
            sources.put(TokenizerConfig.DEFAULT_TEMPLATE, Json.readObject(json).string("chat_template"));
        }
        return of(folder.toString(), sources);
    }

    /** Returns the templates of a model, of which there may be none. */
    static ChatTemplates of(Path model, TokenizerConfig config) {
        ChatTemplates files = ofFiles(model);
        return files.byName.isEmpty() ? of(model.toString(), config.templates()) : files;
    }

    /**
     * Returns templates by name.
     *
     * @param origin where they are from
     * @throws TemplateException if one cannot be parsed
     */
    static ChatTemplates of(String origin, Map<String, String> sources) {
        Map<String, ChatTemplate> parsed = new LinkedHashMap<>();
        sources.forEach((name, source) -> parsed.put(
                name,
                ChatTemplate.parse(
                        name.equals(TokenizerConfig.DEFAULT_TEMPLATE) ? origin : origin + ", " + name, source)));
        return new ChatTemplates(parsed);
    }

    private static List<Path> more(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.getFileName().toString().endsWith(END))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new TextException("%s: cannot be read, %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new TextException("%s: cannot be read, %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Returns the template of a conversation, as Transformers chooses it: {@code tool_use} if there are tools and it is there, else
     * {@code default}.
     *
     * @throws ChatTemplateException if there are several templates, none of which is the default
     */
    ChatTemplate select(boolean tools) {
        if (tools && byName.containsKey(TOOLS)) {
            return byName.get(TOOLS);
        }
        ChatTemplate usual = byName.get(TokenizerConfig.DEFAULT_TEMPLATE);
        if (usual == null) {
            throw new ChatTemplateException(
                    "the model has the chat templates %s, but none is called '%s'; give one with --chat-template FILE"
                            .formatted(
                                    String.join(", ", new TreeMap<>(byName).keySet()),
                                    TokenizerConfig.DEFAULT_TEMPLATE));
        }
        return usual;
    }
}
