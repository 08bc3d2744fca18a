package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.op.CrossEntropy;
import carve.api.op.KlDivergence;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.runtime.train.ValidationMetrics.TeacherComparison;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The measurement of a student on samples that it is not trained on. The student runs end to end, whatever its stage trains.
 *
 * <p>The teacher runs once: its outputs of the final norm are kept, {@code (T, D)} of each sample, and its logits are made of them
 * again, some positions at a time. Not safe for several threads.
 */
public final class Validation {
    private static final int CHUNK = 256;

    private final Optional<LoadedModel> teacher;
    private final LoadedModel student;
    private final List<Sample> samples;
    private final List<HostTensor> taught = new ArrayList<>();

    /**
     * The settings of measurements.
     *
     * @param every steps from one time to the next; 0 for never
     * @param samples the most samples
     */
    public record Config(int every, int samples) {
        /** Returns the values of a recipe's section {@code validation}. */
        public static Config from(Settings settings) {
            return new Config(atLeast(settings, "every", 0), atLeast(settings, "samples", 1));
        }

        private static int atLeast(Settings settings, String key, int least) {
            int value = settings.integer(key);
            if (value < least) {
                throw settings.error(key, "must be %d or more, is %d".formatted(least, value));
            }
            return value;
        }

        /** Returns whether it is time: before the first step, after the last, and in between. */
        boolean isDue(long step, long steps) {
            return every > 0 && (step == 0 || step == steps || step % every == 0);
        }
    }

    private Validation(Optional<LoadedModel> teacher, LoadedModel student, List<Sample> samples) {
        this.teacher = teacher;
        this.student = student;
        this.samples = List.copyOf(samples);
    }

    /** Returns the measurement on the first samples that data holds back; empty if it holds none back. */
    public static Optional<Validation> of(
            Config config, Dataset data, Optional<LoadedModel> teacher, LoadedModel student) {
        if (config.every() == 0) {
            return Optional.empty();
        }
        Optional<Dataset> held = data.validation();
        if (held.isEmpty()) {
            return Optional.empty();
        }
        // closed with the data that it is part of
        Dataset rows = held.get();
        List<Sample> samples = new ArrayList<>();
        for (long i = 0; i < rows.size() && samples.size() < config.samples(); i++) {
            rows.sample(i).filter(sample -> sample.tokens().length > 1).ifPresent(samples::add);
        }
        return samples.isEmpty() ? Optional.empty() : Optional.of(new Validation(teacher, student, samples));
    }

    /** Returns the number of samples. */
    int size() {
        return samples.size();
    }

    /** Returns what the student says of the samples as it is now. */
    public ValidationMetrics measure() {
        Sums sums = new Sums();
        for (int i = 0; i < samples.size(); i++) {
            int row = i;
            Scope.run(student.device(), () -> add(sums, row));
        }
        return sums.metrics(teacher.isPresent());
    }

    private void add(Sums sums, int row) {
        Device device = student.device();
        Batch batch = Batch.of(List.of(samples.get(row)), 0);
        Tensor targets = batch.targets(device).reshape(-1);
        Tensor own = hidden(student, batch);
        Optional<Tensor> other = teacher.map(model -> taught(model, row, batch).copyTo(device));
        for (int from = 0; from < batch.positions(); from += CHUNK) {
            int start = from;
            int end = Math.min(batch.positions(), from + CHUNK);
            Scope.run(
                    device,
                    () -> sums.add(
                            targets.slice(0, start, end),
                            logits(student, own.slice(0, start, end)),
                            other.map(x -> logits(teacher.orElseThrow(), x.slice(0, start, end)))));
        }
    }

    private HostTensor taught(LoadedModel model, int row, Batch batch) {
        if (row == taught.size()) {
            Tensor hidden = hidden(model, batch);
            taught.add(new HostTensor(hidden.shape(), hidden.floats()));
        }
        return taught.get(row);
    }

    // (T, D)
    private static Tensor hidden(LoadedModel model, Batch batch) {
        return Scope.run(model.device(), () -> {
            Tensor x =
                    model.model().hidden(model.params(), batch.inputs(model.device()), ActivationRecorder.NONE, true);
            return x.reshape(-1, x.extent(-1));
        });
    }

    private static Tensor logits(LoadedModel model, Tensor hidden) {
        return model.model().projectToVocabulary(model.params(), hidden, ActivationRecorder.NONE);
    }

    private static final class Sums {
        private long positions;
        private long targets;
        private double ownNats;
        private double teacherNats;
        private double kl;
        private long same;

        // targets (M), logits (M, V)
        void add(Tensor next, Tensor own, Optional<Tensor> other) {
            for (int target : next.ints()) {
                targets += target >= 0 ? 1 : 0;
            }
            ownNats += nats(own, next);
            other.ifPresent(logits -> {
                positions += logits.extent(0);
                teacherNats += nats(logits, next);
                kl += sum(KlDivergence.apply(own, logits, 1).floats());
                same += equal(own.argMax(-1).ints(), logits.argMax(-1).ints());
            });
        }

        private static double nats(Tensor logits, Tensor next) {
            return sum(CrossEntropy.apply(logits, next).floats());
        }

        private static double sum(float[] values) {
            double sum = 0;
            for (float value : values) {
                sum += value;
            }
            return sum;
        }

        private static int equal(int[] a, int[] b) {
            int same = 0;
            for (int i = 0; i < a.length; i++) {
                same += a[i] == b[i] ? 1 : 0;
            }
            return same;
        }

        ValidationMetrics metrics(boolean compared) {
            double count = Math.max(1, targets);
            return new ValidationMetrics(
                    targets,
                    Math.exp(ownNats / count),
                    compared
                            ? Optional.of(new TeacherComparison(
                                    Math.exp(teacherNats / count), kl / positions, (double) same / positions))
                            : Optional.empty());
        }
    }
}
