package carve.app.chat;

import carve.api.text.Processor;
import carve.runtime.engine.TokenListener;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** The text of an answer as its tokens come. */
final class AnswerPrinter implements TokenListener {
    private final Processor.TextStream stream;
    private final Consumer<String> listener;
    private final BooleanSupplier cancelled;
    private final StringBuilder text = new StringBuilder();

    AnswerPrinter(Processor.TextStream stream, Consumer<String> listener, BooleanSupplier cancelled) {
        this.stream = stream;
        this.listener = listener;
        this.cancelled = cancelled;
    }

    @Override
    public void onToken(int request, int token) {
        print(stream.push(token));
    }

    @Override
    public boolean isCancelled() {
        return cancelled.getAsBoolean();
    }

    /** Prints characters that were held back. */
    void finish() {
        print(stream.flush());
    }

    private void print(String more) {
        if (!more.isEmpty()) {
            text.append(more);
            listener.accept(more);
        }
    }

    String text() {
        return text.toString();
    }
}
