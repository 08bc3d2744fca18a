package carve.models.tokenizer.model;

import carve.models.text.TextException;
import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A unigram language model over pieces (Kudo 2018): a text becomes the tokens whose scores have the greatest sum, found by the
 * Viterbi algorithm. A character that no token begins with costs ten more than the rarest token.
 */
public final class Unigram implements TokenModel {
    private static final double UNKNOWN_PENALTY = 10;
    /** The unknown token of vocabularies that have none. */
    public static final int NO_UNKNOWN = -1;

    private final Vocabulary vocabulary;
    private final Trie trie = new Trie();
    private final double[] scores;
    private final double unknownScore;
    private final int unknown;
    private final int[] byteIds;

    /**
     * Makes a model.
     *
     * @param scores of the tokens by id, finite
     * @param unknown the id of the unknown token, or {@link #NO_UNKNOWN}
     * @param byteFallback whether unknown characters are written as the tokens of their bytes
     */
    public Unigram(Vocabulary vocabulary, double[] scores, int unknown, boolean byteFallback) {
        this.vocabulary = vocabulary;
        this.scores = scores.clone();
        this.unknown = unknown;
        this.unknownScore = Arrays.stream(scores).min().orElse(0) - UNKNOWN_PENALTY;
        this.byteIds = byteFallback ? vocabulary.byteIds() : new int[0];
        vocabulary.ids().forEach((token, id) -> {
            if (!token.isEmpty()) {
                trie.put(token, id);
            }
        });
    }

    @Override
    public Vocabulary vocabulary() {
        return vocabulary;
    }

    @Override
    public void tokenize(String piece, IdBuffer ids, WorkBudget budget) {
        int length = piece.length();
        int[] starts = new int[length + 1];
        int[] tokens = new int[length + 1];
        search(piece, starts, tokens, budget);
        int[] path = path(starts, length);
        int from = 0;
        int i = 0;
        while (i < path.length) {
            int end = path[i];
            if (tokens[end] != unknown) {
                ids.add(tokens[end]);
            } else {
                // unknown characters one after another are one token
                while (i + 1 < path.length && tokens[path[i + 1]] == unknown) {
                    i++;
                }
                end = path[i];
                addUnknown(piece.substring(from, end), ids);
            }
            from = end;
            i++;
        }
    }

    // fills in for each end where its best last token begins, and which it is
    private void search(String text, int[] starts, int[] tokens, WorkBudget budget) {
        double[] best = new double[text.length() + 1];
        Arrays.fill(starts, -1);
        for (int start = 0; start < text.length(); ) {
            int width = Character.charCount(text.codePointAt(start));
            boolean single = false;
            int node = Trie.ROOT;
            int end = start;
            while (end < text.length() && (node = trie.next(node, text.charAt(end))) != Trie.NONE) {
                end++;
                int id = trie.value(node);
                if (id != Trie.NONE) {
                    reach(best, starts, tokens, start, end, best[start] + scores[id], id);
                    single |= end == start + width;
                }
            }
            budget.spend(end - start + 1);
            if (!single) {
                int next = start + width;
                double score = best[start] + unknownScore;
                if (starts[next] < 0 || score > best[next]) {
                    reach(best, starts, tokens, start, next, score, requiredUnknown());
                }
            }
            start += width;
        }
    }

    private static void reach(double[] best, int[] starts, int[] tokens, int start, int end, double score, int id) {
        if (starts[end] < 0 || score > best[end]) {
            best[end] = score;
            starts[end] = start;
            tokens[end] = id;
        }
    }

    // the ends of the tokens of the best path
    private static int[] path(int[] starts, int length) {
        int count = 0;
        for (int end = length; end > 0; end = starts[end]) {
            count++;
        }
        int[] path = new int[count];
        for (int end = length; end > 0; end = starts[end]) {
            path[--count] = end;
        }
        return path;
    }

    private void addUnknown(String text, IdBuffer ids) {
        int id = vocabulary.id(text);
        if (id >= 0) {
            ids.add(id);
            return;
        }
        if (byteIds.length > 0) {
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int[] found = new int[bytes.length];
            for (int i = 0; i < bytes.length; i++) {
                found[i] = byteIds[bytes[i] & 0xFF];
            }
            if (Arrays.stream(found).noneMatch(each -> each < 0)) {
                ids.addAll(found);
                return;
            }
        }
        ids.add(requiredUnknown());
    }

    private int requiredUnknown() {
        if (unknown == NO_UNKNOWN) {
            throw new TextException(
                    "tokenizer: the text has a character that the vocabulary lacks, and there is no unknown token");
        }
        return unknown;
    }
}
