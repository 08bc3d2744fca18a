package carve.app.serve;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a tokenizer puts before texts is there once where it is wanted, and not where it is not. */
final class TokensTest {
    /**
     * A letter is a token, its number in Unicode.
     *
     * @param before what is put before texts
     */
    private record Letters(int... before) implements Processor {
        @Override
        public int[] encode(String text) {
            return IntStream.concat(IntStream.of(before), text.chars()).toArray();
        }

        @Override
        public String decode(int... tokens) {
            return new String(tokens, 0, tokens.length);
        }

        @Override
        public Sample prompt(List<Message> conversation) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Sample example(List<Message> conversation) {
            throw new UnsupportedOperationException();
        }

        @Override
        public TextStream stream() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Set<Integer> stops() {
            return Set.of();
        }

        @Override
        public Set<Integer> excluded() {
            return Set.of();
        }

        @Override
        public void close() {}
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
