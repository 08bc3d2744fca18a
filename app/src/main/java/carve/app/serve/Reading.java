package carve.app.serve;

import carve.api.model.Processor;
import carve.app.engine.Event;
import carve.app.engine.Job;
import carve.app.engine.Score;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Reads what a job tells as text: characters that are whole, up to a text that ends the answer. Used by one thread; whoever
 * leaves before the end closes it, which cancels the job.
 */
final class Reading implements AutoCloseable {
    /**
     * Some more of the answer.
     *
     * @param text the text; often empty
     * @param scores of the tokens that came, if they were asked for
     * @param stop whether the token ends the answer, and is not part of it
     */
    record Part(String text, List<Score> scores, boolean stop) {}

    private final Job job;
    private final List<String> stops;
    private final Processor.TextStream stream;
    private final Live live;
    private final StringBuilder held = new StringBuilder();
    private List<Score> promptScores = List.of();
    private String finish = "";

    /**
     * Reads the answers of a job.
     *
     * @param before the last tokens of a text that goes on, since there a word may begin with a space
     */
    Reading(Job job, Processor processor, List<String> stops, Live live, int... before) {
        this.job = job;
        this.stops = List.copyOf(stops);
        this.stream = processor.stream();
        this.live = live;
        for (int token : before) {
            stream.push(token);
        }
    }

    Live live() {
        return live;
    }

    /** Returns why the answer ended; empty while it goes on. */
    String finish() {
        return finish;
    }

    List<Score> promptScores() {
        return promptScores;
    }

    /**
     * Returns the next part, or nothing if none came in time.
     *
     * @throws ApiException if the answer cannot be given
     */
    Optional<Part> next(long millis) throws InterruptedException {
        return job.take(millis).map(this::part);
    }

    private Part part(Event event) {
        return switch (event) {
            case Event.Prompted prompted -> {
                live.prompted(prompted);
                promptScores = prompted.scores();
                yield new Part("", List.of(), false);
            }
            case Event.Token token -> token(token);
            case Event.Ended ended -> ended(ended);
            case Event.Failed failed -> {
                if (failed.asked()) {
                    throw ApiException.invalid("", failed.problem());
                }
                throw ApiException.failed(500, failed.problem());
            }
        };
    }

    private Part token(Event.Token token) {
        live.token(token);
        List<Score> scores = job.request().best() < 0 ? List.of() : List.of(token.score());
        return token.stop() ? new Part("", scores, true) : new Part(shown(stream.push(token.token())), scores, false);
    }

    private Part ended(Event.Ended ended) {
        String rest = shown(stream.end());
        if (finish.isEmpty()) {
            rest += held;
            held.setLength(0);
            finish = ended.ending() == Event.Ending.LENGTH ? "length" : "stop";
        }
        return new Part(rest, List.of(), false);
    }

    // what may be the beginning of a text that ends the answer is held back
    private String shown(String more) {
        held.append(more);
        int end = stops.stream()
                .mapToInt(held::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
        if (end >= 0) {
            finish = "stop";
            job.cancel();
            String last = held.substring(0, end);
            held.setLength(0);
            return last;
        }
        int keep = stops.stream().mapToInt(this::begun).max().orElse(0);
        String text = held.substring(0, held.length() - keep);
        held.delete(0, held.length() - keep);
        return text;
    }

    private int begun(String stop) {
        for (int length = Math.min(stop.length() - 1, held.length()); length > 0; length--) {
            if (stop.startsWith(held.substring(held.length() - length))) {
                return length;
            }
        }
        return 0;
    }

    /** Reads to the end, and gives signs of life meanwhile. */
    List<Part> all(Call call, long millis) throws InterruptedException, java.io.IOException {
        while (stops.isEmpty() && !job.awaitEnd(millis)) {
            call.live(millis);
        }
        List<Part> parts = new ArrayList<>();
        while (finish.isEmpty()) {
            next(millis).ifPresent(parts::add);
            call.live(millis);
        }
        return parts;
    }

    @Override
    public void close() {
        job.cancel();
    }
}
