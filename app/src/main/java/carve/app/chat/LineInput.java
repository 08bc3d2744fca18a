package carve.app.chat;

import java.util.Optional;

/** A source of typed lines. */
public interface LineInput extends AutoCloseable {
    /** Returns the next line; nothing at the end of the input. */
    Optional<String> readLine(String prompt);

    /** Runs work during which Ctrl-C calls something instead of ending the program. */
    void runInterruptibly(Runnable interrupt, Runnable work);

    @Override
    void close();
}
