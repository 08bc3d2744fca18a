package carve.app.engine;

import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import java.util.ArrayList;
import java.util.List;

/** A request that is worked on. On the device's thread. */
final class Session implements AutoCloseable {
    private final Job job;
    private final Filling filling;
    private final int vocabulary;
    private final List<Integer> answer = new ArrayList<>();
    private boolean prompted;
    private boolean ended;
    private boolean cancelled;
    private boolean failed;

    Session(Job job, Filling filling, LoadedModel model) {
        this.job = job;
        this.filling = filling;
        this.vocabulary = model.spec().vocabulary();
    }

    Job job() {
        return job;
    }

    ModelState state() {
        return filling.state();
    }

    int cached() {
        return filling.cached();
    }

    boolean prompted() {
        return prompted;
    }

    boolean ended() {
        return ended;
    }

    /** Returns whether it ended because nobody wanted it; that a job is cancelled after its end does not matter. */
    boolean cancelled() {
        return cancelled;
    }

    /** Returns whether it could not be done. */
    boolean failed() {
        return failed;
    }

    /** Returns the token that is next to be taken. */
    int last() {
        return answer.getLast();
    }

    /** Returns the prompt with the answer. */
    Prompt whole() {
        return job.request().prompt().with(answer);
    }

    /** Takes a piece of the prompt, and chooses the first token after the last one. */
    void fill() {
        Request request = job.request();
        filling.next(request.scorePrompt() ? request.best() : -1, request.maxTokens() > 0);
        if (filling.done()) {
            prompted = true;
            job.tell(new Event.Prompted(filling.cached(), filling.scores(), System.nanoTime()));
            if (request.maxTokens() == 0) {
                end(Event.Ending.LENGTH);
            } else {
                choose(filling.logits(), 0);
            }
        }
    }

    /** Chooses the next token by a row of logits. */
    void choose(float[] logits, int offset) {
        Request request = job.request();
        int token = request.sampler().choose(logits, offset, vocabulary, answer.size());
        boolean stop = request.stops().contains(token);
        answer.add(token);
        Score score = request.best() < 0 ? Score.NONE : Score.of(logits, offset, vocabulary, token, request.best());
        job.tell(new Event.Token(token, stop, score, state().bytes(), System.nanoTime()));
        if (stop) {
            end(Event.Ending.STOP);
        } else if (answer.size() == request.maxTokens()) {
            end(Event.Ending.LENGTH);
        }
    }

    void end(Event.Ending ending) {
        ended = true;
        cancelled = ending == Event.Ending.CANCELLED;
        job.end(new Event.Ended(ending));
    }

    void fail(String problem, boolean asked) {
        ended = true;
        failed = true;
        job.end(new Event.Failed(problem, asked));
    }

    @Override
    public void close() {
        filling.close();
    }
}
