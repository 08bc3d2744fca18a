package carve.models.llava;

import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import java.util.List;
import java.util.Set;

/**
 * A processor whose prompts count against the length of their answers, as in the authors' {@code decode}: it stops when prompt
 * and answer together have {@code max_new_tokens} positions, and {@code F - 1} more if there are pictures of F positions. At
 * least one token is answered.
 *
 * @param processor does all else; owned
 * @param features F
 */
record WholeLength(Processor processor, int features) implements Processor {
    @Override
    public int limit(Sample prompt, int asked) {
        int allowed = asked + (prompt.media().isEmpty() ? 0 : features - 1);
        return Math.max(1, allowed - prompt.tokens().length);
    }

    @Override
    public Sample prompt(List<Message> conversation) {
        return processor.prompt(conversation);
    }

    @Override
    public Sample example(List<Message> conversation) {
        return processor.example(conversation);
    }

    @Override
    public int[] encode(String text) {
        return processor.encode(text);
    }

    @Override
    public String decode(int... tokens) {
        return processor.decode(tokens);
    }

    @Override
    public String spell(int... tokens) {
        return processor.spell(tokens);
    }

    @Override
    public TextStream stream() {
        return processor.stream();
    }

    @Override
    public Set<Integer> stops() {
        return processor.stops();
    }

    @Override
    public Set<Integer> excluded() {
        return processor.excluded();
    }

    @Override
    public void close() {
        processor.close();
    }
}
