package carve.models.tokenizer.normalizer;

import carve.models.tokenizer.Piece;
import carve.models.tokenizer.WorkBudget;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * SentencePiece's replacements as the tokenizers library applies them: to what a reader takes for one character if that has
 * less than six bytes, and else to each code point.
 */
public final class PrecompiledNormalizer implements Normalizer {
    private static final Pattern GRAPHEME = Pattern.compile("\\X");
    private static final int MAX_BYTES = 5;

    private final CharacterMap map;
    private final String[] ascii = new String[128];

    /** Makes the normalizer. */
    public PrecompiledNormalizer(CharacterMap map) {
        this.map = map;
        for (int c = 0; c < ascii.length; c++) {
            String text = Character.toString(c);
            ascii[c] = replacement(text).orElse(text);
        }
    }

    private Optional<String> replacement(String text) {
        return map.prefix(text.getBytes(StandardCharsets.UTF_8), 0, false).map(CharacterMap.Found::replacement);
    }

    @Override
    public String normalize(String text, WorkBudget budget) {
        StringBuilder result = new StringBuilder(text.length() + 16);
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && standsAlone(text, end)) {
                result.append(ascii[text.charAt(end)]);
                end++;
            }
            int span = end;
            while (end < text.length() && !standsAlone(text, end)) {
                end++;
            }
            graphemes(text.substring(span, end), result, budget);
            budget.spend(end - at);
            budget.requireLength(result.length());
            at = end;
        }
        return result.toString();
    }

    // ASCII before ASCII, unless it is a line break of two
    private static boolean standsAlone(String text, int at) {
        char c = text.charAt(at);
        return c < 0x80 && c != '\r' && c != '\n' && (at + 1 == text.length() || text.charAt(at + 1) < 0x80);
    }

    private void graphemes(String text, StringBuilder result, WorkBudget budget) {
        Matcher matcher = GRAPHEME.matcher(text);
        while (matcher.find()) {
            String grapheme = matcher.group();
            budget.spend(grapheme.length());
            Optional<String> whole =
                    grapheme.length() <= MAX_BYTES && grapheme.getBytes(StandardCharsets.UTF_8).length <= MAX_BYTES
                            ? replacement(grapheme)
                            : Optional.empty();
            if (whole.isPresent()) {
                result.append(whole.get());
            } else {
                grapheme.codePoints()
                        .mapToObj(Character::toString)
                        .forEach(c -> result.append(replacement(c).orElse(c)));
            }
        }
    }

    @Override
    public Piece normalize(Piece piece, WorkBudget budget) {
        return Normalizer.keepLeadingCharacter(piece, Normalizer.super.normalize(piece, budget));
    }
}
