package carve.app.chat;

import java.util.Optional;

/** Where lines come from that a person types. */
public interface LineSource extends AutoCloseable {
    /** Returns the next line; nothing at the end of the input. */
    Optional<String> next(String prompt);

    /** Does work during which Ctrl-C calls something instead of ending the program. */
    void interruptible(Runnable interrupt, Runnable work);

    @Override
    void close();
}
