package carve.bench;

import carve.api.stage.ProgressListener;
import java.util.ArrayList;
import java.util.List;

/** Notes when the steps of a stage end, and their losses. */
final class StepTimer implements ProgressListener {
    private static final double NANOS = 1e-9;

    private final List<Long> ends = new ArrayList<>();
    private final List<Double> losses = new ArrayList<>();

    @Override
    public void step(long done, long total, double loss, double rate) {
        ends.add(System.nanoTime());
        losses.add(loss);
    }

    /** Returns the losses so far. */
    float[] losses() {
        float[] values = new float[losses.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = losses.get(i).floatValue();
        }
        return values;
    }

    /** Returns how long steps took, without the first ones, and without the last, which writes a checkpoint. */
    Timing timing(int warmUp) {
        List<Double> seconds = new ArrayList<>();
        for (int i = Math.max(1, warmUp); i < ends.size() - 1; i++) {
            seconds.add((ends.get(i) - ends.get(i - 1)) * NANOS);
        }
        return new Timing(seconds);
    }
}
