package carve.models.tokenizer.model;

import carve.models.text.TextException;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Byte pair encoding (Sennrich et al. 2016): a word's characters are merged pair by pair, the best pair first.
 *
 * <p>Words that were seen are remembered, at most {@value WordCache#SIZE} of them.
 */
public final class Bpe implements TokenModel {
    private static final int DIRECT = 1 << 10;

    private final Vocabulary vocabulary;
    private final MergeTable merges;
    private final BpeConfig config;
    private final int unknown;
    private final int[] byteIds;
    // ids of single characters
    private final int[] direct = new int[DIRECT];
    private final WordCache cache = new WordCache();

    private Bpe(Vocabulary vocabulary, MergeTable merges, BpeConfig config) {
        this.vocabulary = vocabulary;
        this.merges = merges;
        this.config = config;
        this.unknown = config.unknown().isEmpty() ? -1 : vocabulary.id(config.unknown());
        this.byteIds = config.byteFallback() ? vocabulary.byteIds() : new int[0];
        for (int c = 0; c < DIRECT; c++) {
            direct[c] = vocabulary.id(Character.toString(c));
        }
    }

    /** A pair of tokens that are merged. */
    public record Merge(String left, String right) {}

    /**
     * Makes a model.
     *
     * @param merges best one first
     * @throws TextException if a merge has or makes a token that the vocabulary lacks
     */
    public static Bpe of(Vocabulary vocabulary, List<Merge> merges, BpeConfig config) {
        MergeTable table = new MergeTable(merges.size());
        int skipped = config.prefix().length();
        for (int rank = 0; rank < merges.size(); rank++) {
            Merge merge = merges.get(rank);
            if (merge.right().length() < skipped) {
                throw missing(merge, merge.right());
            }
            String result = merge.left().concat(merge.right().substring(skipped));
            table.put(
                    id(vocabulary, merge, merge.left()),
                    id(vocabulary, merge, merge.right()),
                    rank,
                    id(vocabulary, merge, result));
        }
        return new Bpe(vocabulary, table, config);
    }

    private static int id(Vocabulary vocabulary, Merge merge, String token) {
        int id = vocabulary.id(token);
        if (id < 0) {
            throw missing(merge, token);
        }
        return id;
    }

    private static TextException missing(Merge merge, String token) {
        return new TextException(
                "tokenizer: the merge of '%s' and '%s' needs the token '%s', which is not in the vocabulary"
                        .formatted(merge.left(), merge.right(), token));
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(String piece, IdBuffer ids, WorkBudget budget) {
        if (config.wholeWords()) {
            int id = vocabulary.id(piece);
            if (id >= 0) {
                ids.add(id);
                return;
            }
        }
        int[] known = cache.ids(piece);
        if (known.length > 0) {
            ids.addAll(known);
            return;
        }
        int before = ids.size();
        new MergeWord(merges, symbols(piece, budget), budget).merge(ids);
        cache.put(piece, ids, before);
    }

    private int[] symbols(String word, WorkBudget budget) {
        budget.spend(word.length());
        if (!config.prefix().isEmpty() || !config.suffix().isEmpty()) {
            return new WordSymbols(word).marked();
        }
        int[] symbols = new int[word.length()];
        for (int i = 0; i < symbols.length; i++) {
            char c = word.charAt(i);
            int id = c < DIRECT ? direct[c] : -1;
            if (id < 0) {
                return new WordSymbols(word).all();
            }
            symbols[i] = id;
        }
        return symbols;
    }

    /** The symbols of a word whose characters the vocabulary may write otherwise, or lack. */
    private final class WordSymbols {
        private final String word;
        private final IdBuffer ids = new IdBuffer();
        private int pending = -1;

        WordSymbols(String word) {
            this.word = word;
        }

        int[] all() {
            for (int i = 0; i < word.length(); ) {
                int c = word.codePointAt(i);
                add(c < DIRECT ? direct[c] : -1, Character.toString(c));
                i += Character.charCount(c);
            }
            flush();
            return ids.toArray();
        }

        int[] marked() {
            for (int i = 0; i < word.length(); ) {
                int next = i + Character.charCount(word.codePointAt(i));
                String symbol = (i == 0 ? "" : config.prefix())
                        + word.substring(i, next)
                        + (next == word.length() ? config.suffix() : "");
                add(-1, symbol);
                i = next;
            }
            flush();
            return ids.toArray();
        }

        private void add(int direct, String symbol) {
            int id = direct >= 0 ? direct : vocabulary.id(symbol);
            if (id >= 0) {
                flush();
                ids.add(id);
            } else if (!addBytes(symbol) && !config.unknown().isEmpty()) {
                if (!config.fuseUnknown()) {
                    flush();
                }
                pending = requiredUnknown();
            }
        }

        // an unknown character before them comes after them, as in the library
        private boolean addBytes(String symbol) {
            if (!config.byteFallback()) {
                return false;
            }
            byte[] bytes = symbol.getBytes(StandardCharsets.UTF_8);
            int[] found = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                found[i] = byteIds[bytes[i] & 0xFF];
            }
            if (Arrays.stream(found).anyMatch(id -> id < 0)) {
                return false;
            }
            ids.addAll(found);
            return true;
        }

        private void flush() {
            if (pending >= 0) {
                ids.add(pending);
            }
            pending = -1;
        }
    }

    private int requiredUnknown() {
        if (unknown < 0) {
            throw new TextException(
                    "tokenizer: the vocabulary has no token '%s' for unknown characters".formatted(config.unknown()));
        }
        return unknown;
    }
}
