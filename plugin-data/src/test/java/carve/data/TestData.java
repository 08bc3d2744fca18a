package carve.data;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.data.Sample;
import carve.api.json.JsonObject;
import carve.api.text.Processor;
import carve.models.chat.ChatProcessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Data sets of files in a folder. */
final class TestData {
    /** The fixtures of the checkout, whatever folder others are read from. */
    static final Path FIXTURES = Path.of("..", "fixtures");

    private TestData() {}

    static Map<String, Object> defaults(Path files, Path cache) {
        Map<String, Object> values = new HashMap<>();
        values.put("files", files.toString());
        values.put("column", "text");
        values.put("split", "file");
        values.put("bos", false);
        values.put("eos", true);
        values.put("parse-special-tokens", false);
        values.put("packing", "concatenate");
        values.put("reset", false);
        values.put("max-length", 8);
        values.put("overlong", "split");
        values.put("validation", "none");
        values.put("shuffle", true);
        values.put("on-error", "fail");
        values.put("cache", cache.toString());
        return values;
    }

    static Settings settings(Path files, Path cache, Map<String, Object> others) {
        Map<String, Object> values = defaults(files, cache);
        values.putAll(others);
        return MapSettings.of(values);
    }

    static Dataset text(Path files, Path cache, Map<String, Object> others) {
        return new TextDataProvider().open(settings(files, cache, others), new DatasetContext(new Letters(), 42));
    }

    static Dataset chat(Path files, Path cache, Processor processor, Map<String, Object> others) {
        return chat(files, cache, processor, others, 42);
    }

    static Dataset chat(Path files, Path cache, Processor processor, Map<String, Object> others, long seed) {
        Map<String, Object> values = new HashMap<>(defaults(files, cache));
        List.of("column", "split", "bos", "eos", "parse-special-tokens").forEach(values::remove);
        values.putAll(Map.of("format", "auto", "mask", "completion", "packing", "none", "max-length", 4096));
        values.putAll(Map.of("shuffle", false, "overlong", "skip"));
        values.putAll(others);
        return new ChatDataProvider().open(MapSettings.of(values), new DatasetContext(processor, seed));
    }

    /** Returns the processor of the fixture, which has tokens of bytes and a chat template. */
    static Processor chatProcessor() {
        return ChatProcessor.text(JsonObject.empty(), FIXTURES.resolve("chat_tiny"));
    }

    static List<String> rows(Dataset data) {
        List<String> rows = new ArrayList<>();
        for (long position = 0; position < data.size(); position++) {
            rows.add(row(data.sample(position).orElseThrow()));
        }
        return rows;
    }

    /** Returns the text of a sample: {@code |} is the end of a text, and a space comes before each packed sequence. */
    static String row(Sample sample) {
        StringBuilder text = new StringBuilder();
        for (int t = 0; t < sample.tokens().length; t++) {
            for (int start : sample.starts()) {
                text.append(start == t ? " " : "");
            }
            text.append(sample.tokens()[t] == Letters.END ? '|' : (char) sample.tokens()[t]);
        }
        return text.toString();
    }
}
