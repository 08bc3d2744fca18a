package carve.runtime.eval;

import carve.api.data.Sample;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The samples on which a quantised model is compared with its original. */
public final class ComparisonSamples {
    private static final int CHUNK = 256;
    private static final List<String> BUILT_IN = List.of(
            "What is the capital of France, and which river flows through it?",
            "Explain in three sentences why the sky is blue at noon and red in the evening.",
            "A farmer has 17 sheep. All but 9 run away. How many sheep are left?",
            "Write a short story about a lighthouse keeper who finds a message in a bottle.",
            "Translate into German: the early bird catches the worm, but the second mouse gets the cheese.",
            "List the first ten prime numbers and say what makes a number prime.",
            "def fibonacci(n): a, b = 0, 1; for _ in range(n): a, b = b, a + b; return a",
            "How many shapes are there, and what colour is the largest of them?");

    private ComparisonSamples() {}

    /** Returns a few built-in questions. */
    public static List<Sample> builtIn(Processor processor) {
        return BUILT_IN.stream()
                .map(text -> processor.prompt(List.of(Message.user(text))))
                .filter(sample -> sample.tokens().length > 0)
                .toList();
    }

    /**
     * Returns the text of a file in pieces of at most 256 tokens.
     *
     * @throws IOException if it cannot be read
     * @throws IllegalArgumentException if there is no text in it
     */
    public static List<Sample> fromTextFile(Processor processor, Path file, int limit) throws IOException {
        int[] tokens = processor.encode(Files.readString(file, StandardCharsets.UTF_8));
        if (tokens.length == 0) {
            throw new IllegalArgumentException("%s: there is no text in it".formatted(file));
        }
        List<Sample> samples = new ArrayList<>();
        for (int at = 0; at < tokens.length && samples.size() < limit; at += CHUNK) {
            int[] piece = Arrays.copyOfRange(tokens, at, Math.min(tokens.length, at + CHUNK));
            samples.add(new Sample(piece, new boolean[piece.length], Map.of()));
        }
        return samples;
    }

    /**
     * Returns questions with their right answers.
     *
     * @throws IOException if a picture cannot be read
     */
    public static List<Sample> fromQuestions(Processor processor, List<LlavaQuestions.Question> questions)
            throws IOException {
        List<Sample> samples = new ArrayList<>();
        for (LlavaQuestions.Question question : questions) {
            List<Message> messages = new ArrayList<>(question.prompt());
            messages.add(Message.assistant(question.expectedAnswer()));
            samples.add(processor.trainingSample(messages));
        }
        return samples;
    }
}
