package carve.runtime.eval.recall;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * The text that essay forms of needle tasks hide their needles in.
 *
 * @param name what reports call it
 * @param sentences its sentences; empty for the noise lines of RULER
 */
public record Haystack(String name, List<String> sentences) {
    /** The line that noise repeats. */
    static final String NOISE_LINE =
            "The grass is green. The sky is blue. The sun is yellow. Here we go. There and back again.";

    /** RULER's noise: one line again and again. */
    public static final Haystack NOISE = new Haystack("noise", List.of());

    /** Copies the list. */
    public Haystack {
        sentences = List.copyOf(sentences);
    }

    /**
     * Reads a text and cuts it into sentences after {@code .}, {@code !} and {@code ?}.
     *
     * @throws RecallException if it cannot be read, is not UTF-8, or has no text
     */
    public static Haystack read(Path file) {
        try {
            String text = Files.readString(file).strip().replaceAll("\\s+", " ");
            if (text.isEmpty()) {
                throw new RecallException("%s: there is no text in it".formatted(file));
            }
            return new Haystack(String.valueOf(file.getFileName()), List.of(text.split("(?<=[.!?]) ")));
        } catch (MalformedInputException e) {
            throw new RecallException("%s: not a text in UTF-8".formatted(file), e);
        } catch (IOException e) {
            throw new RecallException("%s: cannot be read: %s".formatted(file, e), e);
        }
    }

    boolean isNoise() {
        return sentences.isEmpty();
    }

    /** Returns so many sentences or lines; a text that is too short begins again. */
    List<String> parts(int count) {
        if (isNoise()) {
            return new ArrayList<>(Collections.nCopies(count, NOISE_LINE));
        }
        List<String> parts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            parts.add(sentences.get(i % sentences.size()));
        }
        return parts;
    }

    String joined(List<String> parts) {
        return String.join(isNoise() ? "\n" : " ", parts);
    }
}
