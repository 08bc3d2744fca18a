package carve.models.tokenizer;

import java.util.List;
import java.util.stream.IntStream;

/** The step that puts tokens around those of a text. */
public sealed interface PostProcessor {
    /**
     * Returns the ids with what is put around them.
     *
     * @param special whether special tokens are
     */
    int[] process(boolean special, int... ids);

    /** Returns the processor that leaves ids as they are. */
    static PostProcessor none() {
        return new Sequence(List.of());
    }

    /** Returns the processor that puts tokens before and behind a text. */
    static PostProcessor around(int[] before, int... after) {
        return new Template(List.of(new Tokens(before), new Text(), new Tokens(after)));
    }

    /** A part of a template. */
    sealed interface Part {}

    /** Special tokens of a template. */
    record Tokens(int... ids) implements Part {}

    /** The place of the text in a template. */
    record Text() implements Part {}

    /**
     * A template.
     *
     * @param parts what stands one after another
     */
    record Template(List<Part> parts) implements PostProcessor {
        /** Copies the list. */
        public Template {
            parts = List.copyOf(parts);
        }

        @Override
        public int[] process(boolean special, int... ids) {
            return parts.stream()
                    .flatMapToInt(part -> switch (part) {
                        case Tokens(int[] tokens) -> special ? IntStream.of(tokens) : IntStream.empty();
                        case Text _ -> IntStream.of(ids);
                    })
                    .toArray();
        }
    }

    /**
     * Processors one after another.
     *
     * @param processors in this order
     */
    record Sequence(List<PostProcessor> processors) implements PostProcessor {
        /** Copies the list. */
        public Sequence {
            processors = List.copyOf(processors);
        }

        @Override
        public int[] process(boolean special, int... ids) {
            int[] result = ids;
            for (PostProcessor processor : processors) {
                result = processor.process(special, result);
            }
            return result;
        }
    }
}
