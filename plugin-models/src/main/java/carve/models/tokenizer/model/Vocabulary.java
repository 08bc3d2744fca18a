package carve.models.tokenizer.model;

import carve.models.text.TextException;
import carve.models.tokenizer.Unicode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Tokens and their ids. */
public final class Vocabulary {
    private static final int MAX_ID = 1 << 24;

    private final Map<String, Integer> ids;
    private final String[] tokens;

    private Vocabulary(Map<String, Integer> ids, String[] tokens) {
        this.ids = ids;
        this.tokens = tokens;
    }

    /**
     * Returns the vocabulary of tokens with their ids.
     *
     * @throws TextException if an id is out of range, or a token is not well-formed Unicode
     */
    public static Vocabulary of(Map<String, Integer> ids) {
        int size = 0;
        for (Map.Entry<String, Integer> entry : ids.entrySet()) {
            int id = entry.getValue();
            if (id < 0 || id >= MAX_ID) {
                throw new TextException("tokenizer: token '%s' has id %d; ids are from 0 to %d"
                        .formatted(entry.getKey(), id, MAX_ID - 1));
            }
            requireWellFormed(entry.getKey());
            size = Math.max(size, id + 1);
        }
        String[] tokens = new String[size];
        ids.forEach((token, id) -> tokens[id] = token);
        return new Vocabulary(ids, tokens);
    }

    /** Returns the vocabulary of tokens in the order of their ids; of equal ones the last has the id. */
    public static Vocabulary of(List<String> tokens) {
        Map<String, Integer> ids = HashMap.newHashMap(tokens.size());
        for (int id = 0; id < tokens.size(); id++) {
            requireWellFormed(tokens.get(id));
            ids.put(tokens.get(id), id);
        }
        return new Vocabulary(ids, tokens.toArray(String[]::new));
    }

    private static void requireWellFormed(String token) {
        if (Unicode.hasLoneSurrogate(token)) {
            throw new TextException(
                    "tokenizer: token '%s' has half a surrogate pair".formatted(Unicode.wellFormed(token)));
        }
    }

    /** Returns the id of a token, or -1. */
    public int id(String token) {
        Integer id = ids.get(token);
        return id == null ? -1 : id;
    }

    /** Returns the token of an id, if there is one. */
    public Optional<String> token(int id) {
        return id < 0 || id >= tokens.length ? Optional.empty() : Optional.ofNullable(tokens[id]);
    }

    /** Returns one more than the greatest id. */
    public int size() {
        return tokens.length;
    }

    Map<String, Integer> ids() {
        return ids;
    }

    /**
     * Returns the ids of the tokens that stand for single bytes, such as {@code <0x0A>}; -1 where there is none.
     */
    int[] byteIds() {
        int[] result = new int[256];
        for (int value = 0; value < result.length; value++) {
            result[value] = id("<0x%02X>".formatted(value));
        }
        return result;
    }
}
