package carve.app.serve.openai;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.api.text.Processor;
import carve.testkit.CharacterProcessor;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tests that the tokens a tokenizer prepends appear once if asked for, and not at all otherwise. */
final class TokenizeHandlerTest {
    /** Puts something before texts. */
    private static final class Letters extends CharacterProcessor {
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
        assertArrayEquals(new int[] {'^', 'a', 'b'}, TokenizeHandler.encode(begun, "ab", true, true));
        assertArrayEquals(new int[] {'^', 'a', 'b'}, TokenizeHandler.encode(begun, "^ab", true, true));
        assertArrayEquals(new int[] {'^'}, TokenizeHandler.encode(begun, "^", true, true));
        assertArrayEquals(new int[] {'^'}, TokenizeHandler.encode(begun, "", true, true));
    }

    @Test
    void piecesDoNotBegin() {
        Processor begun = new Letters('^');
        assertArrayEquals(new int[] {'a', 'b'}, TokenizeHandler.encode(begun, "ab", false, true));
        assertArrayEquals(new int[] {'^'}, TokenizeHandler.encode(begun, "^", false, true));
        assertArrayEquals(new int[0], TokenizeHandler.encode(begun, "", false, true));
    }

    @Test
    void textsThatNothingIsPutBeforeAreAsTheyAre() {
        Processor plain = new Letters();
        for (boolean beginning : new boolean[] {true, false}) {
            assertArrayEquals(new int[] {'a', 'b'}, TokenizeHandler.encode(plain, "ab", beginning, true));
            assertArrayEquals(new int[0], TokenizeHandler.encode(plain, "", beginning, true));
        }
    }

    @Test
    void zeroIsATokenToo() {
        Processor begun = new Letters(0);
        assertArrayEquals(new int[] {0}, TokenizeHandler.encode(begun, "", true, true));
        assertArrayEquals(new int[] {0, 'a'}, TokenizeHandler.encode(begun, "a", true, true));
    }
}
