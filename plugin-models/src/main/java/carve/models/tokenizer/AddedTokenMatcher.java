package carve.models.tokenizer;

import carve.models.tokenizer.model.Trie;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The search for added tokens in a text, the leftmost first and of those that begin at one place the longest, by the automaton of
 * Aho and Corasick (1975).
 */
final class AddedTokenMatcher {
    private final Trie trie = new Trie();
    private final List<AddedToken> tokens = new ArrayList<>();
    // of each node: the node of the longest proper suffix, the longest token that is a suffix (or none), its own length
    private final int[] failures;
    private final int[] longest;
    private final int[] depths;
    private final int[] lengths;

    /** Makes the matcher of tokens by the spelling that is looked for. */
    AddedTokenMatcher(Map<String, AddedToken> spellings) {
        lengths = new int[spellings.size()];
        spellings.forEach((spelling, token) -> {
            lengths[tokens.size()] = spelling.length();
            trie.put(spelling, tokens.size());
            tokens.add(token);
        });
        failures = new int[trie.nodes()];
        longest = new int[trie.nodes()];
        depths = new int[trie.nodes()];
        longest[Trie.ROOT] = Trie.NONE;
        spellings.keySet().forEach(this::setDepths);
        link(spellings.keySet().stream().toList());
    }

    private void setDepths(String spelling) {
        int node = Trie.ROOT;
        for (int i = 0; i < spelling.length(); i++) {
            node = trie.next(node, spelling.charAt(i));
            depths[node] = i + 1;
        }
    }

    // level by level: a node's suffix is shorter than the node
    private void link(List<String> spellings) {
        List<String> open = spellings;
        int[] nodes = new int[spellings.size()];
        boolean[] done = new boolean[trie.nodes()];
        for (int depth = 0; !open.isEmpty(); depth++) {
            List<String> longer = new ArrayList<>();
            int[] next = new int[open.size()];
            for (int i = 0; i < open.size(); i++) {
                String spelling = open.get(i);
                if (spelling.length() <= depth) {
                    continue;
                }
                int parent = nodes[i];
                int node = trie.next(parent, spelling.charAt(depth));
                if (!done[node]) {
                    failures[node] = parent == Trie.ROOT ? Trie.ROOT : step(failures[parent], spelling.charAt(depth));
                    longest[node] = trie.value(node) != Trie.NONE ? trie.value(node) : longest[failures[node]];
                    done[node] = true;
                }
                next[longer.size()] = node;
                longer.add(spelling);
            }
            open = longer;
            nodes = next;
        }
    }

    private int step(int from, char c) {
        int node = from;
        int next = trie.next(node, c);
        while (next == Trie.NONE && node != Trie.ROOT) {
            node = failures[node];
            next = trie.next(node, c);
        }
        return next == Trie.NONE ? Trie.ROOT : next;
    }

    /** A receiver of the tokens found. */
    @FunctionalInterface
    interface Sink {
        void found(AddedToken token, int start, int end);
    }

    /** Finds the tokens of a text, which do not overlap, from the left to the right. */
    void find(String text, WorkBudget budget, Sink sink) {
        int from = 0;
        while (from < text.length()) {
            from = next(text, from, budget, sink);
        }
    }

    // finds the next token and returns where it ends
    private int next(String text, int from, WorkBudget budget, Sink sink) {
        int node = Trie.ROOT;
        int best = Trie.NONE;
        int bestStart = 0;
        int at = from;
        for (; at < text.length(); at++) {
            node = step(node, text.charAt(at));
            if (best != Trie.NONE && at + 1 - depths[node] > bestStart) {
                break;
            }
            int found = longest[node];
            if (found != Trie.NONE && (best == Trie.NONE || at + 1 - lengths[found] <= bestStart)) {
                best = found;
                bestStart = at + 1 - lengths[found];
            }
        }
        budget.spend(at - from + 1);
        if (best == Trie.NONE) {
            return text.length();
        }
        sink.found(tokens.get(best), bestStart, bestStart + lengths[best]);
        return bestStart + lengths[best];
    }
}
