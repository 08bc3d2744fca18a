package carve.models.tokenizer;

import carve.models.tokenizer.normalizer.Normalizer;
import carve.models.tokenizer.normalizer.NormalizerSequence;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The tokens that are found in texts as they are spelled. */
public final class AddedTokens {
    private final Map<String, AddedToken> bySpelling = new HashMap<>();
    private final Map<Integer, AddedToken> byId = new HashMap<>();
    private final Map<Integer, String> spellings = new HashMap<>();
    private final Set<String> special = new HashSet<>();
    private final AddedTokenMatcher verbatim;
    private final AddedTokenMatcher normalized;

    /** Makes the set of these tokens, of which some are normalized as texts are. */
    public AddedTokens(List<AddedToken> tokens, Normalizer normalizer) {
        Map<String, AddedToken> plain = new LinkedHashMap<>();
        Map<String, AddedToken> changed = new LinkedHashMap<>();
        for (AddedToken token : tokens) {
            bySpelling.put(token.content(), token);
            byId.put(token.id(), token);
            if (token.special()) {
                special.add(token.content());
            }
        }
        byId.values().forEach(token -> {
            String spelling = token.normalized()
                    ? normalizer.normalize(
                            token.content(), WorkBudget.of(token.content().length()))
                    : token.content();
            spellings.put(token.id(), spelling);
            if (!spelling.isEmpty()) {
                (token.normalized() ? changed : plain).put(spelling, token);
            }
        });
        this.verbatim = new AddedTokenMatcher(plain);
        this.normalized = new AddedTokenMatcher(changed);
    }

    /** Returns the set of tokens that are not normalized. */
    public static AddedTokens of(List<AddedToken> tokens) {
        return new AddedTokens(tokens, new NormalizerSequence(List.of()));
    }

    /** Returns the token with a spelling. */
    public Optional<AddedToken> token(String content) {
        return Optional.ofNullable(bySpelling.get(content));
    }

    /** Returns the token with an id. */
    public Optional<AddedToken> token(int id) {
        return Optional.ofNullable(byId.get(id));
    }

    /** Returns the spelling that the token with an id has in normalized texts, which is the one that decoders take. */
    public Optional<String> spelling(int id) {
        return Optional.ofNullable(spellings.get(id));
    }

    /** Returns whether a special token is spelled so. */
    public boolean isSpecial(String content) {
        return special.contains(content);
    }

    /** Returns the spellings of the special tokens. */
    public Set<String> special() {
        return Set.copyOf(special);
    }

    /** Returns one more than the greatest id. */
    public int size() {
        return byId.keySet().stream().mapToInt(id -> id + 1).max().orElse(0);
    }

    /** A receiver of the parts of a text. */
    public interface PartSink {
        /** Takes a token. */
        void token(AddedToken token);

        /** Takes text between tokens, which is not empty. */
        void text(int start, int end);
    }

    /** Splits a text that is not normalized yet at the tokens that are looked for there. */
    public void splitVerbatim(String text, WorkBudget budget, PartSink sink) {
        split(text, verbatim, budget, sink);
    }

    /** Splits a normalized text at the tokens that are looked for there. */
    public void splitNormalized(String text, WorkBudget budget, PartSink sink) {
        split(text, normalized, budget, sink);
    }

    private static void split(String text, AddedTokenMatcher matcher, WorkBudget budget, PartSink sink) {
        int[] done = {0};
        matcher.find(text, budget, (token, start, end) -> {
            if (token.singleWord() && !standsAlone(text, start, end)) {
                return;
            }
            int from = token.leftStrip() ? Math.max(spaceBefore(text, start), done[0]) : start;
            int to = token.rightStrip() ? spaceAfter(text, end) : end;
            if (from > done[0]) {
                sink.text(done[0], from);
            }
            sink.token(token);
            done[0] = to;
        });
        if (done[0] < text.length()) {
            sink.text(done[0], text.length());
        }
    }

    private static boolean standsAlone(String text, int start, int end) {
        return (start == 0 || !Unicode.isWord(text.codePointBefore(start)))
                && (end == text.length() || !Unicode.isWord(text.codePointAt(end)));
    }

    private static int spaceBefore(String text, int end) {
        int start = end;
        while (start > 0 && Unicode.isWhiteSpace(text.charAt(start - 1))) {
            start--;
        }
        return start;
    }

    private static int spaceAfter(String text, int start) {
        int end = start;
        while (end < text.length() && Unicode.isWhiteSpace(text.charAt(end))) {
            end++;
        }
        return end;
    }
}
