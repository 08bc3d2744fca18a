package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.api.model.Processor;
import carve.testkit.LetterProcessor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a tokenizer puts before texts is there once where it is wanted, and not where it is not. */
final class TokensTest {
    /** Puts something before texts. */
    private static final class Letters extends LetterProcessor {
        private final int[] before;

        Letters(int... before) {
            this.before = before;
        }

        @Override
        public int[] encode(String text) {
            return IntStream.concat(IntStream.of(before), IntStream.of(super.encode(text)))
                    .toArray();
        }
    }

    @Test
    void textsBeginOnce() {
        Processor begun = new Letters('^');
        assertArrayEquals(new int[] {'^', 'a', 'b'}, Tokens.encode(begun, "ab", true));
        assertArrayEquals(new int[] {'^', 'a', 'b'}, Tokens.encode(begun, "^ab", true));
        assertArrayEquals(new int[] {'^'}, Tokens.encode(begun, "^", true));
        assertArrayEquals(new int[] {'^'}, Tokens.encode(begun, "", true));
    }

    @Test
    void piecesDoNotBegin() {
        Processor begun = new Letters('^');
        assertArrayEquals(new int[] {'a', 'b'}, Tokens.encode(begun, "ab", false));
        assertArrayEquals(new int[] {'^'}, Tokens.encode(begun, "^", false));
        assertArrayEquals(new int[0], Tokens.encode(begun, "", false));
    }

    @Test
    void textsThatNothingIsPutBeforeAreAsTheyAre() {
        Processor plain = new Letters();
        for (boolean beginning : new boolean[] {true, false}) {
            assertArrayEquals(new int[] {'a', 'b'}, Tokens.encode(plain, "ab", beginning));
            assertArrayEquals(new int[0], Tokens.encode(plain, "", beginning));
        }
    }

    @Test
    void zeroIsATokenToo() {
        Processor begun = new Letters(0);
        assertArrayEquals(new int[] {0}, Tokens.encode(begun, "", true));
        assertArrayEquals(new int[] {0, 'a'}, Tokens.encode(begun, "a", true));
    }
}
