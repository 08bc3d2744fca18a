package carve.testkit;

import carve.api.data.Sample;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.List;
import java.util.Set;

/**
 * A processor whose tokens are characters, with their code points as ids. It adds no special tokens, and makes no
 * samples and no streams: a test overrides what it needs.
 */
public class CharacterProcessor implements Processor {
    /** Makes a processor. */
    public CharacterProcessor() {}

    @Override
    public Sample prompt(List<Message> conversation) {
        throw new UnsupportedOperationException("no samples are made here");
    }

    @Override
    public Sample trainingSample(List<Message> conversation) {
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
    public TextStream textStream() {
        throw new UnsupportedOperationException("nothing is streamed here");
    }

    @Override
    public Set<Integer> stopTokens() {
        return Set.of();
    }

    @Override
    public Set<Integer> suppressedTokens() {
        return Set.of();
    }

    @Override
    public void close() {}
}
