package carve.app.chat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;

/**
 * Lines of a pipe or a file; prompts are not shown.
 *
 * @param reader the lines
 */
public record PlainLineInput(BufferedReader reader) implements LineInput {
    @Override
    public Optional<String> readLine(String prompt) {
        try {
            return Optional.ofNullable(reader.readLine());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void runInterruptibly(Runnable interrupt, Runnable work) {
        work.run();
    }

    @Override
    public void close() {
        // the input is the process's
    }
}
