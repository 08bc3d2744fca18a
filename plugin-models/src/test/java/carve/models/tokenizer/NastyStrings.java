package carve.models.tokenizer;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/** Texts of many scripts, runs of spaces, combining marks, code and special tokens, from a seed. */
final class NastyStrings {
    private static final List<String> PARTS = List.of(
            "the",
            "of",
            "and",
            "carve",
            "Carve",
            "carved",
            "Straße",
            "don't",
            "I'LL",
            "we've",
            "it's'd",
            "'S",
            "x1",
            "123456",
            "12,345.67",
            "def",
            "return",
            "{}",
            "[]",
            "=>",
            "!=",
            "//",
            "<s>",
            "</s>",
            "<|im_end|>",
            "<mask>",
            "<|r|>",
            "[CLS]",
            "<unk>",
            "\u2581",
            "\u2581\u2581",
            "\u0120",
            "##ing",
            "<0x0A>",
            "http://a.b/c?d=e#f",
            "é",
            "e\u0301",
            "\uFB01",
            "½",
            "²",
            "\u0130",
            "ſ",
            "\u212A",
            "がが",
            "中文",
            "日本語テキスト",
            "한국어",
            "ไทย",
            "हिन्दी",
            "العربية",
            "Привет",
            "Ελλάδα",
            "👩‍👩‍👧‍👦",
            "🇩🇪🇫🇷",
            "👍🏽",
            "❤️",
            "<sep>");
    private static final String SPACES = " \t\n\r\u00a0\u3000\u2028\u2003\u200b\u200d\ufeff\u0085\u000b\u1680";
    private static final String RUNS = " \n\tab1.中é!";
    private static final int[] RANGES = {
        0x20, 0x7E, 0x20, 0x7E, 0xA0, 0xFF, 0x100, 0x17F, 0x3A3, 0x3FF, 0x400, 0x481, 0x621, 0x64A, 0x905, 0x939, 0xE01,
        0xE3A, 0x1E00, 0x1EFF, 0x2010, 0x2027, 0x2150, 0x2188, 0x2190, 0x22FF, 0x3041, 0x3096, 0x30A1, 0x30FF, 0x4E00,
        0x9FA5, 0xAC00, 0xD7A3, 0xF900, 0xFA2D, 0xFF01, 0xFF5E, 0x1F600, 0x1F64F, 0x300, 0x34E, 0x00, 0x1F
    };

    private final SplittableRandom random;

    NastyStrings(long seed) {
        this.random = new SplittableRandom(seed);
    }

    /** Returns so many texts. */
    List<String> texts(int count) {
        return IntStream.range(0, count).mapToObj(_ -> text()).toList();
    }

    private String text() {
        StringBuilder text = new StringBuilder();
        for (int parts = random.nextInt(1, 14); parts > 0; parts--) {
            append(text);
        }
        return text.toString();
    }

    private void append(StringBuilder text) {
        switch (random.nextInt(8)) {
            case 0, 1 -> text.append(PARTS.get(random.nextInt(PARTS.size())));
            case 2, 3 -> text.append(' ').append(PARTS.get(random.nextInt(PARTS.size())));
            case 4 -> text.append(SPACES.charAt(random.nextInt(SPACES.length())));
            case 5 -> text.repeat(RUNS.charAt(random.nextInt(RUNS.length())), 1 << random.nextInt(8));
            default -> {
                int range = 2 * random.nextInt(RANGES.length / 2);
                for (int n = random.nextInt(1, 6); n > 0; n--) {
                    text.appendCodePoint(random.nextInt(RANGES[range], RANGES[range + 1] + 1));
                }
            }
        }
    }
}
