package carve.app.engine;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import java.lang.System.Logger.Level;
import java.util.Optional;

/**
 * A model on a device of its own, and the one thread that uses them: in turn it takes a piece of a prompt, and a step of all its
 * sessions that decode. When no lane has any, it prepares what a conversation will go on from. While other lanes work, its device
 * uses its share of the processors, and all of them when it is alone.
 */
final class Lane {
    private static final System.Logger LOG =
            System.getLogger(Lane.class.getModule().getName());

    private final int number;
    private final Opened opened;
    private final Waiting waiting;
    private final Figures figures;
    private final Figures.Part buffers;

    /** Makes the lane of a number; on its thread. */
    Lane(int number, Opened opened, Waiting waiting, Figures figures) {
        this.number = number;
        this.opened = opened;
        this.waiting = waiting;
        this.figures = figures;
        this.buffers = new Figures.Part(figures.liveBuffers);
    }

    /** Answers until all is done for ever. */
    void work(SnapshotCache cache, String identity, EngineConfig config) {
        LoadedModel model = opened.model();
        int threads = model.device().threads();
        waiting.enter(number);
        try (Sessions sessions = new Sessions(model, cache, identity, config, figures)) {
            while (await(model.device(), sessions)) {
                admit(sessions);
                model.device().useThreads(threads / Math.max(1, waiting.busy()));
                sessions.turn();
                waiting.note(number, sessions.size());
            }
        } finally {
            waiting.leave(number);
            buffers.set(0);
        }
    }

    private boolean await(Device device, Sessions sessions) {
        buffers.set(device.workspace().liveBuffers());
        boolean goes = !sessions.isEmpty() || waiting.await(number, sessions.hasIdleWork());
        if (waiting.isDropping()) {
            sessions.cancel();
        }
        return goes;
    }

    private void admit(Sessions sessions) {
        for (Optional<Job> next = waiting.poll(number); next.isPresent(); next = waiting.poll(number)) {
            Job job = next.get();
            if (job.cancelled()) {
                figures.cancelled.increment();
                job.end(new Event.Ended(Event.Ending.CANCELLED));
            } else {
                sessions.start(job);
            }
            waiting.note(number, sessions.size());
        }
    }

    /** Closes the model and all that was opened with it. */
    void close() {
        opened.processor().close();
        opened.model().close();
        opened.closing().reversed().forEach(Lane::close);
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LOG.log(Level.WARNING, "a part of a model does not close", e);
        }
    }
}
