package carve.testkit;

import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import java.util.List;
import java.util.Set;

/**
 * A processor to whom each letter is a token, its number in Unicode. Texts have no beginning and no end, and samples are not made,
 * nor is anything streamed: a test overrides what it is about.
 */
public class LetterProcessor implements Processor {
    /** Makes a processor. */
    public LetterProcessor() {}

    @Override
    public Sample prompt(List<Message> conversation) {
        throw new UnsupportedOperationException("no samples are made here");
    }

    @Override
    public Sample example(List<Message> conversation) {
        throw new UnsupportedOperationException("no samples are made here");
    }

    @Override
    public int[] encode(String text) {
        return text.chars().toArray();
    }

    @Override
    public String decode(int... tokens) {
        return new String(tokens, 0, tokens.length);
    }

    @Override
    public TextStream stream() {
        throw new UnsupportedOperationException("nothing is streamed here");
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
