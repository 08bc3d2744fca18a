package carve.models.tokenizer.sentencepiece;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.model.Trie;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Piece;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** SentencePiece's unigram model: the pieces whose scores have the greatest sum, which is kept in single precision as there. */
final class UnigramSegmenter implements Segmenter {
    private static final float UNKNOWN_PENALTY = 10;

    private final SentencePieceVocabulary vocabulary;
    private final Trie trie = new Trie();
    private final float[] scores;
    private final float unknownScore;

    UnigramSegmenter(SentencePieceVocabulary vocabulary) {
        vocabulary.requireUnknown();
        this.vocabulary = vocabulary;
        this.scores = new float[vocabulary.size()];
        float least = Float.MAX_VALUE;
        float greatest = Float.MIN_NORMAL;
        for (int id = 0; id < scores.length; id++) {
            if (vocabulary.piece(id).kind() == Kind.NORMAL) {
                least = Math.min(least, vocabulary.piece(id).score());
                greatest = Math.max(greatest, vocabulary.piece(id).score());
            }
        }
        this.unknownScore = least - UNKNOWN_PENALTY;
        for (int id = 0; id < scores.length; id++) {
            Piece piece = vocabulary.piece(id);
            boolean used = piece.kind() == Kind.NORMAL || piece.kind() == Kind.USER_DEFINED;
            if (used && !piece.text().isEmpty() && vocabulary.text(piece.text()) == id) {
                trie.put(piece.text(), id);
            }
            // a defined symbol is better than any pieces
            scores[id] = piece.kind() == Kind.USER_DEFINED
                    ? (float) (piece.text().getBytes(StandardCharsets.UTF_8).length * greatest - 0.1)
                    : piece.score();
        }
    }

    @Override
    public void segment(String text, IdBuffer ids, WorkBudget budget) {
        int length = text.length();
        float[] best = new float[length + 1];
        int[] starts = new int[length + 1];
        int[] pieces = new int[length + 1];
        Arrays.fill(starts, -1);
        for (int start = 0; start < length; ) {
            int width = Character.charCount(text.codePointAt(start));
            boolean single = false;
            int node = Trie.ROOT;
            int end = start;
            while (end < length && (node = trie.next(node, text.charAt(end))) != Trie.NONE) {
                end++;
                int id = trie.value(node);
                if (id != Trie.NONE) {
                    single |= end == start + width;
                    float score = scores[id] + best[start];
                    if (starts[end] < 0 || score > best[end]) {
                        best[end] = score;
                        starts[end] = start;
                        pieces[end] = id;
                    }
                }
            }
            budget.spend(end - start + 1);
            int next = start + width;
            float unknown = unknownScore + best[start];
            if (!single && (starts[next] < 0 || unknown > best[next])) {
                best[next] = unknown;
                starts[next] = start;
                pieces[next] = vocabulary.unknown();
            }
            start = next;
        }
        collect(text, starts, pieces, ids);
    }

    private void collect(String text, int[] starts, int[] pieces, IdBuffer ids) {
        IdBuffer ends = new IdBuffer();
        for (int end = text.length(); end > 0; end = starts[end]) {
            ends.add(end);
        }
        int[] path = ends.toArray();
        boolean afterUnknown = false;
        for (int i = path.length - 1; i >= 0; i--) {
            int end = path[i];
            boolean unknown = pieces[end] == vocabulary.unknown();
            if (unknown) {
                vocabulary.addUnknown(text.substring(starts[end], end), afterUnknown, ids);
            } else {
                ids.add(pieces[end]);
            }
            afterUnknown = unknown;
        }
    }
}
