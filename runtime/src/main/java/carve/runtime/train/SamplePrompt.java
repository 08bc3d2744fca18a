package carve.runtime.train;

import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.stage.StageException;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.runtime.eval.LlavaQuestions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A prompt that teacher and student answer during training.
 *
 * @param text what is asked, for people
 * @param images files of its pictures, where they are known
 * @param expected the right answer
 * @param prompt what models are given
 */
record SamplePrompt(String text, List<Path> images, String expected, Sample prompt) {
    private static final int MAX_TRIES = 50;

    SamplePrompt {
        images = List.copyOf(images);
    }

    /** Returns questions of a file, of different kinds first. */
    static List<SamplePrompt> of(Path file, int count, Processor processor) throws IOException {
        List<LlavaQuestions.Question> all = LlavaQuestions.read(file);
        List<LlavaQuestions.Question> chosen = new ArrayList<>();
        Set<String> kinds = new HashSet<>();
        all.stream().filter(question -> kinds.add(question.category())).forEach(chosen::add);
        all.stream().filter(question -> !chosen.contains(question)).limit(count).forEach(chosen::add);
        List<SamplePrompt> questions = new ArrayList<>();
        for (LlavaQuestions.Question question : chosen.subList(0, Math.min(count, chosen.size()))) {
            List<Message> prompt = question.prompt();
            questions.add(new SamplePrompt(
                    question.text().replace("<image>", "").strip(),
                    question.images(),
                    question.expectedAnswer(),
                    processor.prompt(prompt)));
        }
        return questions;
    }

    /**
     * Returns the first samples of what a model learns from, each up to its first answer.
     *
     * @throws StageException if one of them cannot be read
     */
    static List<SamplePrompt> of(Dataset data, int count, Processor processor) {
        List<SamplePrompt> questions = new ArrayList<>();
        for (long i = 0; i < Math.min(MAX_TRIES, data.size()) && questions.size() < count; i++) {
            sample(data, i)
                    .flatMap(sample -> upToFirstAnswer(sample, processor))
                    .ifPresent(questions::add);
        }
        return questions;
    }

    private static Optional<Sample> sample(Dataset data, long index) {
        try {
            return data.sample(index);
        } catch (UncheckedIOException e) {
            throw new StageException("data cannot be read: " + e.getMessage(), e);
        }
    }

    // a picture that comes after the first answer would have no place
    private static Optional<SamplePrompt> upToFirstAnswer(Sample sample, Processor processor) {
        int first = next(sample, 0, true);
        int end = next(sample, first, false);
        int second = next(sample, end, true);
        boolean several = second < sample.tokens().length && !sample.media().isEmpty();
        if (first == 0 || first == sample.tokens().length || several) {
            return Optional.empty();
        }
        int[] prompt = Arrays.copyOf(sample.tokens(), first);
        int[] answer = Arrays.copyOfRange(sample.tokens(), first, end);
        int said = 0;
        while (said < answer.length && !processor.stopTokens().contains(answer[said])) {
            said++;
        }
        return Optional.of(new SamplePrompt(
                displayText(processor.decode(prompt)),
                List.of(),
                processor.decode(Arrays.copyOf(answer, said)).strip(),
                new Sample(prompt, new boolean[first], sample.media())));
    }

    private static int next(Sample sample, int from, boolean answer) {
        int at = from;
        while (at < sample.tokens().length && sample.lossMask()[at] != answer) {
            at++;
        }
        return at;
    }

    // a picture is hundreds of equal words
    private static String displayText(String prompt) {
        return prompt.replaceAll("(<[^<>]{1,40}>)(\\s*\\1)+", "$1").strip();
    }
}
