package carve.models.tokenizer.sentencepiece;

import carve.models.tokenizer.IdBuffer;
import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.model.LongHeap;
import carve.models.tokenizer.model.SymbolList;
import carve.models.tokenizer.model.WordCache;
import carve.models.tokenizer.sentencepiece.SentencePieceModel.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** SentencePiece's BPE: of the neighbours that make a piece together, those of the best score are merged, the leftmost first. */
final class BpeSegmenter implements Segmenter {
    private static final char SPACE = '\u2581';

    private final SentencePieceVocabulary vocabulary;
    private final PrefixMatcher symbols;
    // of each piece: its place among the scores, the best one first
    private final int[] ranks;
    private final int longest;
    // where no piece goes on with a space after something else, texts may be cut there, and words remembered
    private final boolean separable;
    private final WordCache cache = new WordCache();

    BpeSegmenter(SentencePieceVocabulary vocabulary, PrefixMatcher symbols) {
        this.vocabulary = vocabulary;
        this.symbols = symbols;
        this.ranks = new int[vocabulary.size()];
        int[] order = IntStream.range(0, ranks.length)
                .boxed()
                .sorted((one, other) -> Float.compare(
                        vocabulary.piece(other).score(), vocabulary.piece(one).score()))
                .mapToInt(Integer::intValue)
                .toArray();
        for (int i = 1; i < order.length; i++) {
            boolean equal = vocabulary.piece(order[i]).score()
                    == vocabulary.piece(order[i - 1]).score();
            ranks[order[i]] = ranks[order[i - 1]] + (equal ? 0 : 1);
        }
        this.longest = IntStream.range(0, ranks.length)
                .map(id -> vocabulary.piece(id).text().length())
                .max()
                .orElse(0);
        this.separable = vocabulary.hasByteFallback()
                && IntStream.range(0, ranks.length)
                        .noneMatch(id -> crossesWords(vocabulary.piece(id).text()));
    }

    private static boolean crossesWords(String piece) {
        int space = piece.indexOf(SPACE, 1);
        while (space > 0 && piece.charAt(space - 1) == SPACE) {
            space = piece.indexOf(SPACE, space + 1);
        }
        return space > 0;
    }

    @Override
    public void segment(String text, IdBuffer ids, WorkBudget budget) {
        if (!separable) {
            new Merging(text, budget).run(ids);
            return;
        }
        int start = 0;
        while (start < text.length()) {
            int end = start + 1;
            while (end < text.length() && (text.charAt(end) != SPACE || text.charAt(end - 1) == SPACE)) {
                end++;
            }
            word(text.substring(start, end), ids, budget);
            start = end;
        }
    }

    private void word(String word, IdBuffer ids, WorkBudget budget) {
        budget.spend(word.length());
        int[] known = cache.ids(word);
        if (known.length > 0) {
            ids.addAll(known);
            return;
        }
        int before = ids.size();
        new Merging(word, budget).run(ids);
        cache.put(word, ids, before);
    }

    /** The merging of one text. */
    private final class Merging {
        private final String text;
        private final WorkBudget budget;
        // of each symbol: where it begins and ends, and whether it is merged with others
        private final int[] starts;
        private final int[] ends;
        private final boolean[] frozen;
        private final SymbolList list;
        private final LongHeap queue;
        // of pieces that are not used themselves: the length of the left one of the two that they were made of
        private final Map<String, Integer> unused = new HashMap<>();

        Merging(String text, WorkBudget budget) {
            this.text = text;
            this.budget = budget;
            IdBuffer bounds = new IdBuffer();
            this.frozen = new boolean[text.length()];
            int count = 0;
            for (int at = 0; at < text.length(); count++) {
                bounds.add(at);
                int symbol = symbols.match(text, at, budget);
                frozen[count] = symbol > 0;
                at += symbol > 0 ? symbol : Character.charCount(text.codePointAt(at));
            }
            this.starts = bounds.toArray();
            bounds.add(text.length());
            this.ends = bounds.from(1);
            this.list = new SymbolList(count);
            this.queue = new LongHeap(count);
        }

        void run(IdBuffer ids) {
            for (int i = 0; i + 1 < starts.length; i++) {
                offer(i, i + 1);
            }
            while (!queue.isEmpty()) {
                long top = queue.remove();
                int left = (int) top;
                int right = list.next(left);
                budget.spend(4);
                int piece = right < 0 ? -1 : piece(left, right);
                if (piece < 0 || ranks[piece] != (int) (top >>> 32)) {
                    continue; // the pair is another one by now
                }
                ends[left] = ends[right];
                list.remove(right);
                if (list.previous(left) >= 0) {
                    offer(list.previous(left), left);
                }
                if (list.next(left) >= 0) {
                    offer(left, list.next(left));
                }
            }
            collect(ids);
        }

        private void offer(int left, int right) {
            int piece = piece(left, right);
            if (piece < 0) {
                return;
            }
            queue.add((long) ranks[piece] << 32 | left);
            if (vocabulary.piece(piece).kind() == Kind.UNUSED) {
                unused.put(text.substring(starts[left], ends[right]), ends[left] - starts[left]);
            }
        }

        private int piece(int left, int right) {
            int length = ends[right] - starts[left];
            if (frozen[left] || frozen[right] || length > longest) {
                return -1;
            }
            budget.spend(length);
            return vocabulary.text(text.substring(starts[left], ends[right]));
        }

        private void collect(IdBuffer ids) {
            boolean afterUnknown = false;
            Deque<String> open = new ArrayDeque<>();
            for (int i = 0; i >= 0; i = list.next(i)) {
                open.push(text.substring(starts[i], ends[i]));
                while (!open.isEmpty()) {
                    afterUnknown = add(open.pop(), open, afterUnknown, ids);
                }
            }
        }

        private boolean add(String symbol, Deque<String> open, boolean afterUnknown, IdBuffer ids) {
            int id = vocabulary.any(symbol);
            boolean unknown = id < 0 || id == vocabulary.unknown();
            if (unknown) {
                vocabulary.addUnknown(symbol, afterUnknown, ids);
            } else if (vocabulary.piece(id).kind() == Kind.UNUSED && unused.containsKey(symbol)) {
                int left = unused.get(symbol);
                open.push(symbol.substring(left));
                open.push(symbol.substring(0, left));
                return afterUnknown;
            } else {
                ids.add(id);
            }
            return unknown;
        }
    }
}
