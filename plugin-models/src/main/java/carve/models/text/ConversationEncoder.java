package carve.models.text;

import carve.api.text.Message;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * An encoder of conversations in which special tokens of the chat template are tokens, and the same characters typed by a person
 * are text.
 *
 * <p>What a person wrote is given to {@link #quote} before it becomes part of the template's text. That puts a mark into each
 * spelling of a special token, after its first character, and {@link #encode} hands the tokenizer the pieces between the marks.
 * Text without such spellings is encoded as it always was.
 */
public final class ConversationEncoder {
    // a noncharacter of Unicode, which no text has; where one does, it is doubled
    private static final char MARK = '\uFDD0';
    private static final char CUT = '/';

    private final Tokenizer tokenizer;
    private final String placeholder;
    private final Map<Character, List<String>> specialTokens = new HashMap<>();

    /**
     * Makes an encoder.
     *
     * @param tokenizer text to ids; it stays open
     * @param placeholder the place of an image in a text
     * @param more tokens that are special whatever the tokenizer says, such as those of images
     */
    public ConversationEncoder(Tokenizer tokenizer, String placeholder, Collection<String> more) {
        this.tokenizer = tokenizer;
        this.placeholder = placeholder;
        Set<String> all = new TreeSet<>(tokenizer.specialTokens());
        all.addAll(more);
        all.stream()
                .filter(token -> token.length() > 1 && !token.equals(placeholder))
                .forEach(token -> specialTokens
                        .computeIfAbsent(token.charAt(0), _ -> new ArrayList<>())
                        .add(token));
    }

    /** Returns the tokenizer. */
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    /** Returns a text that {@link #encode} takes for text alone, but for the placeholders of images in it. */
    public String quote(String text) {
        StringBuilder quoted = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char character = text.charAt(i);
            quoted.append(character);
            if (character == MARK) {
                quoted.append(MARK);
            } else if (isSpecial(text, i)) {
                quoted.append(MARK).append(CUT);
            }
        }
        return quoted.toString();
    }

    /** Returns a text whose special tokens {@link #encode} takes for tokens: what is a mark in it is text. */
    public String literal(String text) {
        return text.replace(String.valueOf(MARK), String.valueOf(MARK).repeat(2));
    }

    /** Returns the text that {@link #quote} or {@link #literal} was given. */
    public String unquote(String quoted) {
        return String.join("", pieces(quoted));
    }

    private boolean isSpecial(String text, int at) {
        for (String token : specialTokens.getOrDefault(text.charAt(at), List.of())) {
            if (text.startsWith(token, at)) {
                return true;
            }
        }
        return false;
    }

    /**
     * Returns the ids of a template's text with quoted parts. Escaped placeholders of images are text.
     *
     * @param beginning whether the text begins a sequence
     */
    public int[] encode(String text, boolean beginning) {
        List<String> pieces = pieces(Message.unescape(text)).stream()
                .flatMap(piece -> cut(piece, placeholder).stream())
                .toList();
        return tokenizer.encode(pieces, beginning);
    }

    /**
     * Returns the ids of a text that is no conversation.
     *
     * @param addSpecialTokens whether the tokens that the tokenizer puts around texts are added
     * @param parseSpecialTokens whether special tokens in the text are tokens; else they are text
     */
    public int[] encode(String text, boolean addSpecialTokens, boolean parseSpecialTokens) {
        if (!parseSpecialTokens) {
            return tokenizer.encode(pieces(quote(text)), addSpecialTokens);
        }
        return addSpecialTokens ? tokenizer.encode(text) : tokenizer.encodeContinuation(text);
    }

    private static List<String> pieces(String text) {
        List<String> pieces = new ArrayList<>();
        StringBuilder piece = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf(MARK); at >= 0 && at + 1 < text.length(); at = text.indexOf(MARK, from)) {
            piece.append(text, from, at);
            if (text.charAt(at + 1) == CUT) {
                pieces.add(piece.toString());
                piece.setLength(0);
            } else {
                piece.append(MARK);
            }
            from = at + 2;
        }
        pieces.add(piece.append(text, from, text.length()).toString());
        return pieces;
    }

    private static List<String> cut(String text, String token) {
        List<String> pieces = new ArrayList<>();
        int from = 0;
        for (int at = text.indexOf(token); at >= 0; at = text.indexOf(token, at + token.length())) {
            pieces.add(text.substring(from, at + 1));
            from = at + 1;
        }
        pieces.add(text.substring(from));
        return pieces;
    }
}
