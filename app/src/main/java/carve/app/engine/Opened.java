package carve.app.engine;

import carve.api.model.LoadedModel;
import carve.api.model.Processor;
import java.util.List;

/**
 * A model that was opened to be served.
 *
 * @param model the model, on a device that belongs to the thread which opened it
 * @param processor what talks to it, from any thread
 * @param identity all that its numbers depend on: a snapshot of one identity is of no use to another
 * @param closing what is closed after it, last one first
 */
public record Opened(LoadedModel model, Processor processor, List<String> identity, List<AutoCloseable> closing) {
    /** Copies the lists. */
    public Opened {
        identity = List.copyOf(identity);
        closing = List.copyOf(closing);
    }

    /** Opens a model on the thread of its engine. */
    @FunctionalInterface
    public interface Opening {
        /** Returns the model. */
        Opened open();
    }
}
