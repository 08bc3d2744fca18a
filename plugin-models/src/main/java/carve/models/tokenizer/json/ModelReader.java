package carve.models.tokenizer.json;

import carve.api.json.JsonArray;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.models.tokenizer.model.Bpe;
import carve.models.tokenizer.model.BpeConfig;
import carve.models.tokenizer.model.TokenModel;
import carve.models.tokenizer.model.Unigram;
import carve.models.tokenizer.model.Vocabulary;
import carve.models.tokenizer.model.WordLevel;
import carve.models.tokenizer.model.WordPiece;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The reader of the section {@code model}. */
final class ModelReader {
    private static final int MAX_DIGITS = 9;

    private ModelReader() {}

    static TokenModel read(StrictObject section) {
        return switch (kind(section)) {
            case "BPE" -> bpe(section);
            case "Unigram" -> unigram(section);
            case "WordPiece" ->
                new WordPiece(
                        vocabulary(section),
                        section.text("unk_token"),
                        section.text("continuing_subword_prefix"),
                        section.whole("max_input_chars_per_word"));
            case "WordLevel" -> new WordLevel(vocabulary(section), section.text("unk_token"));
            default -> throw section.unsupported("BPE, Unigram, WordLevel, WordPiece");
        };
    }

    // older files do not say
    private static String kind(StrictObject section) {
        String type = section.type();
        if (!type.isEmpty()) {
            return type;
        }
        if (section.value("merges").isPresent()) {
            return "BPE";
        }
        if (section.value("vocab").filter(JsonArray.class::isInstance).isPresent()) {
            return "Unigram";
        }
        return section.value("max_input_chars_per_word").isPresent() ? "WordPiece" : "WordLevel";
    }

    private static Vocabulary vocabulary(StrictObject section) {
        JsonObject vocabulary = section.object("vocab");
        Map<String, Integer> ids = HashMap.newHashMap(vocabulary.members().size());
        vocabulary.members().forEach((token, value) -> {
            int id = value instanceof JsonNumber number ? id(number) : -1;
            if (id < 0) {
                throw vocabulary.error(token, "expected an id, found " + value.describe());
            }
            ids.put(token, id);
        });
        return Vocabulary.of(ids);
    }

    // there are many
    private static int id(JsonNumber number) {
        String text = number.text();
        int id = 0;
        for (int i = 0; i < text.length() && i <= MAX_DIGITS; i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || i == MAX_DIGITS) {
                return number.whole().stream()
                        .filter(whole -> whole == (int) whole)
                        .mapToInt(whole -> (int) whole)
                        .findFirst()
                        .orElse(-1);
            }
            id = id * 10 + digit;
        }
        return id;
    }

    private static TokenModel bpe(StrictObject section) {
        section.value("dropout")
                .filter(value -> !(value instanceof JsonNumber number) || number.real() != 0)
                .ifPresent(value -> {
                    throw section.error(
                            "dropout",
                            "expected null or 0, found %s; dropout is not supported".formatted(value.describe()));
                });
        BpeConfig config = new BpeConfig(
                section.optionalText("unk_token").orElse(""),
                section.optionalText("continuing_subword_prefix").orElse(""),
                section.optionalText("end_of_word_suffix").orElse(""),
                section.flag("fuse_unk", false),
                section.flag("byte_fallback", false),
                section.flag("ignore_merges", false));
        return Bpe.of(vocabulary(section), merges(section), config);
    }

    // "a b" in old files, ["a", "b"] in new ones
    private static List<Bpe.Merge> merges(StrictObject section) {
        List<JsonValue> items = section.array("merges").items();
        List<Bpe.Merge> merges = new ArrayList<>(items.size());
        for (JsonValue item : items) {
            if (item instanceof JsonString(String pair)) {
                int space = pair.indexOf(' ');
                if (pair.startsWith("#version")) {
                    continue;
                }
                if (space < 0 || pair.indexOf(' ', space + 1) >= 0) {
                    throw section.error(
                            "merges", "expected two tokens with a space between them, found '%s'".formatted(pair));
                }
                merges.add(new Bpe.Merge(pair.substring(0, space), pair.substring(space + 1)));
            } else if (item instanceof JsonArray(List<JsonValue> pair)
                    && pair.size() == 2
                    && pair.get(0) instanceof JsonString(String left)
                    && pair.get(1) instanceof JsonString(String right)) {
                merges.add(new Bpe.Merge(left, right));
            } else {
                throw section.error("merges", "expected pairs of tokens, found " + item.describe());
            }
        }
        return merges;
    }

    private static TokenModel unigram(StrictObject section) {
        List<JsonValue> items = section.array("vocab").items();
        List<String> tokens = new ArrayList<>(items.size());
        double[] scores = new double[items.size()];
        for (JsonValue item : items) {
            if (item instanceof JsonArray(List<JsonValue> pair)
                    && pair.size() == 2
                    && pair.get(0) instanceof JsonString(String token)
                    && pair.get(1) instanceof JsonNumber score
                    && Double.isFinite(score.real())) {
                scores[tokens.size()] = LibraryNumber.parse(score.text());
                tokens.add(token);
            } else {
                throw section.error("vocab", "expected pairs of a token and a finite score, found " + item.describe());
            }
        }
        int unknown = section.optionalWhole("unk_id").orElse(Unigram.NO_UNKNOWN);
        if (unknown >= scores.length) {
            throw section.error("unk_id", "expected less than %d, found %d".formatted(scores.length, unknown));
        }
        return new Unigram(Vocabulary.of(tokens), scores, unknown, section.flag("byte_fallback", false));
    }
}
