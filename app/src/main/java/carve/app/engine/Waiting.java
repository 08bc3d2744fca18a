package carve.app.engine;

import carve.app.engine.EngineException.Reason;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Optional;

/**
 * The requests of an engine that wait, and how many sessions each of its lanes has. A lane takes the next one where it has no
 * more than the others, so that they have as much to do. Safe for several threads.
 */
final class Waiting {
    private static final int ABSENT = -1;

    private final String name;
    private final EngineConfig config;
    private final Figures figures;
    private final Deque<Job> jobs = new ArrayDeque<>();
    private final int[] sessions;
    private boolean closing;
    private boolean dropping;

    /** Makes the queue of so many lanes at most. */
    Waiting(String name, EngineConfig config, Figures figures, int lanes) {
        this.name = name;
        this.config = config;
        this.figures = figures;
        this.sessions = new int[lanes];
        Arrays.fill(sessions, ABSENT);
    }

    /** Notes that a lane answers from now on. */
    synchronized void enter(int lane) {
        sessions[lane] = 0;
    }

    /** Notes that a lane answers no more. */
    synchronized void leave(int lane) {
        sessions[lane] = ABSENT;
        notifyAll();
    }

    /**
     * Adds a request.
     *
     * @throws EngineException if too many wait, or the engine ends
     */
    synchronized Job add(Request request) {
        if (closing) {
            throw new EngineException(Reason.CLOSED, "The model '%s' is being closed.".formatted(name));
        }
        if (jobs.size() >= config.queue()) {
            figures.refused.increment();
            throw new EngineException(
                    Reason.BUSY,
                    "The model '%s' has %d requests waiting already; try again later.".formatted(name, jobs.size()));
        }
        Job job = new Job(request);
        jobs.add(job);
        figures.waiting.set(jobs.size());
        notifyAll();
        return job;
    }

    /** Returns the next request if it is the turn of this lane, which has a session more then, or has ended it. */
    synchronized Optional<Job> poll(int lane) {
        if (!mayTake(lane)) {
            return Optional.empty();
        }
        Job job = jobs.remove();
        figures.waiting.set(jobs.size());
        sessions[lane]++;
        return Optional.of(job);
    }

    private boolean mayTake(int lane) {
        int all = 0;
        int least = Integer.MAX_VALUE;
        for (int count : sessions) {
            all += Math.max(0, count);
            least = count == ABSENT ? least : Math.min(least, count);
        }
        return !jobs.isEmpty() && all < config.batch() && sessions[lane] == least;
    }

    /** Notes how many sessions a lane has. */
    synchronized void note(int lane, int count) {
        sessions[lane] = count;
        if (!jobs.isEmpty() || count == 0) {
            notifyAll();
        }
    }

    /** Returns how many lanes have sessions. */
    synchronized int busy() {
        int busy = 0;
        for (int count : sessions) {
            busy += count > 0 ? 1 : 0;
        }
        return busy;
    }

    /**
     * Waits until a lane without sessions may take a request, or none has sessions and it has something to prepare; returns
     * false when all is done for ever.
     */
    synchronized boolean await(int lane, boolean prepares) {
        while (!mayTake(lane) && !(prepares && jobs.isEmpty() && busy() == 0) && !closing) {
            try {
                wait();
            } catch (InterruptedException e) {
                closing = true;
            }
        }
        return !closing || mayTake(lane);
    }

    /** Returns whether sessions are to be given up. */
    synchronized boolean isDropping() {
        return dropping;
    }

    /** Takes no more requests. */
    synchronized void close() {
        closing = true;
        notifyAll();
    }

    /** Has all that there are given up. */
    synchronized void drop() {
        closing = true;
        dropping = true;
        jobs.forEach(Job::cancel);
        notifyAll();
    }

    /** Takes no more requests, and ends those that wait. */
    synchronized void refuse() {
        closing = true;
        jobs.forEach(job -> job.end(new Event.Failed(Sessions.CLOSED, false)));
        jobs.clear();
        figures.waiting.set(0);
        notifyAll();
    }

    /** Returns whether it takes requests. */
    synchronized boolean isOpen() {
        return !closing;
    }
}
