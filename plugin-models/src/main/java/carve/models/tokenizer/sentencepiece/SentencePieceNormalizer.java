package carve.models.tokenizer.sentencepiece;

import carve.models.tokenizer.WorkBudget;
import carve.models.tokenizer.normalizer.CharacterMap;
import java.nio.charset.StandardCharsets;

/** SentencePiece's own normalizer: replacements of the longest prefix, and the treatment of white space. */
final class SentencePieceNormalizer {
    private static final char ESCAPED_SPACE = '\u2581';

    private final SentencePieceModel model;
    private final PrefixMatcher symbols;
    // whether a character of ASCII stays as it is where another follows
    private final boolean[] plain = new boolean[128];

    SentencePieceNormalizer(SentencePieceModel model, PrefixMatcher symbols) {
        this.model = model;
        this.symbols = symbols;
        for (int c = 1; c < plain.length; c++) {
            plain[c] = c != ' ' && !symbols.begins((char) c) && !isReplaced((byte) c);
        }
    }

    private boolean isReplaced(byte c) {
        return model.replacements().filter(map -> map.mayReplaceBeforeAscii(c)).isPresent();
    }

    String normalize(String text, WorkBudget budget) {
        Cursor cursor = new Cursor(text, budget);
        String next = cursor.next();
        while (model.removesSpaces() && next.equals(" ") && !cursor.atEnd()) {
            next = cursor.next();
        }
        if (text.isEmpty() || model.removesSpaces() && next.equals(" ")) {
            return "";
        }
        StringBuilder result = new StringBuilder(text.length() + 16);
        if (model.dummyPrefix() && !model.spaceEndsWords()) {
            result.append(space());
        }
        boolean afterSpace = model.removesSpaces();
        while (true) {
            int from = 0;
            while (afterSpace && from < next.length() && next.charAt(from) == ' ') {
                from++;
            }
            if (from < next.length()) {
                String rest = next.substring(from);
                result.append(model.escapesSpaces() ? rest.replace(' ', ESCAPED_SPACE) : rest);
                afterSpace = rest.endsWith(" ");
            }
            afterSpace &= model.removesSpaces();
            if (cursor.skipPlain(result)) {
                afterSpace = false;
            }
            if (cursor.atEnd()) {
                break;
            }
            next = cursor.next();
            budget.requireLength(result.length());
        }
        finish(result);
        return result.toString();
    }

    private void finish(StringBuilder result) {
        while (model.removesSpaces() && !result.isEmpty() && result.charAt(result.length() - 1) == space()) {
            result.setLength(result.length() - 1);
        }
        if (model.dummyPrefix() && model.spaceEndsWords()) {
            result.append(space());
        }
    }

    private char space() {
        return model.escapesSpaces() ? ESCAPED_SPACE : ' ';
    }

    /** A position in a text, in chars and in bytes. */
    private final class Cursor {
        private final String text;
        private final byte[] utf8;
        private final WorkBudget budget;
        private int chars;
        private int bytes;

        Cursor(String text, WorkBudget budget) {
            this.text = text;
            this.utf8 = text.getBytes(StandardCharsets.UTF_8);
            this.budget = budget;
        }

        boolean atEnd() {
            return chars == text.length();
        }

        /** Appends the characters up to the next one that may change, and returns whether there were any. */
        boolean skipPlain(StringBuilder result) {
            int start = chars;
            while (chars < text.length()
                    && text.charAt(chars) < 0x80
                    && plain[text.charAt(chars)]
                    && (chars + 1 == text.length() || text.charAt(chars + 1) < 0x80)) {
                chars++;
            }
            bytes += chars - start;
            result.append(text, start, chars);
            return chars > start;
        }

        /** Returns the next part, normalized, and moves behind it; nothing at the end. */
        String next() {
            if (atEnd()) {
                return "";
            }
            int start = chars;
            int symbol = symbols.match(text, chars, budget);
            if (symbol > 0) {
                String found = text.substring(start, start + symbol);
                move(found.getBytes(StandardCharsets.UTF_8).length);
                return found;
            }
            CharacterMap.Found found = model.replacements()
                    .flatMap(map -> map.prefix(utf8, bytes, true))
                    .orElse(CharacterMap.Found.NONE);
            if (found.length() > 0) {
                move(found.length());
                return found.replacement();
            }
            int width = Character.charCount(text.codePointAt(start));
            move(width(utf8[bytes]));
            return text.substring(start, start + width);
        }

        private void move(int length) {
            int end = Math.min(bytes + length, utf8.length);
            while (bytes < end) {
                int width = width(utf8[bytes]);
                chars += width == 4 ? 2 : 1;
                bytes += width;
            }
        }

        private static int width(byte first) {
            return first >= 0 ? 1 : (first & 0xE0) == 0xC0 ? 2 : (first & 0xF0) == 0xE0 ? 3 : 4;
        }
    }
}
