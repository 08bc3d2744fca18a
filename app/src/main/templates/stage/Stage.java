package {{package}};

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.loss.Reduction;
import carve.api.model.LoadedModel;
import carve.api.data.Sample;
import carve.api.model.ActivationRecorder;
import carve.api.op.CrossEntropy;
import carve.api.param.Params;
import carve.api.param.Selector;
import carve.api.data.Batch;
import carve.api.data.Dataset;
import carve.runtime.train.ParamDigest;
import carve.api.stage.Stage;
import carve.runtime.train.StageContext;
import carve.api.stage.StageException;
import carve.api.stage.StageComponents;
import carve.api.stage.StageProvider;
import carve.runtime.train.StageResult;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/**
 * Trains a model on the answers of its data by plain gradient descent. It goes on to the bit where it was stopped: what it
 * does at a step is a function of the parameters and of the step's number alone.
 *
 * @param name that the recipe gave it
 * @param train globs of the parameters that move
 * @param steps in all
 * @param batchSize rows of a batch
 * @param rate by which gradients are multiplied
 * @param checkpointEvery steps from one checkpoint to the next
 */
public record {{class}}(String name, List<String> train, int steps, int batchSize, double rate, int checkpointEvery)
        implements Stage {
    /** Makes the stage from the settings in {@code reference.conf} and what a recipe says over them. */
    public static final class Provider implements StageProvider {
        @Override
        public String name() {
            return "{{name}}";
        }

        @Override
        public Stage create(Settings settings, StageComponents parts) {
            return new {{class}}(
                    settings.string("name"),
                    settings.strings("train"),
                    positive(settings, "steps"),
                    positive(settings, "batch-size"),
                    settings.real("rate"),
                    positive(settings, "checkpoint-steps"));
        }

        private static int positive(Settings settings, String key) {
            int value = settings.integer(key);
            if (value < 1) {
                throw settings.error(key, "must be 1 or more, is " + value);
            }
            return value;
        }
    }

    @Override
    public boolean needsTeacher() {
        return false;
    }

    @Override
    public StageResult run(StageContext context) {
        LoadedModel student = context.student();
        requirePredecessor(context);
        List<String> trained = student.params().select(Selector.of(train));
        if (trained.isEmpty()) {
            throw new StageException(
                    "stage '%s': 'train' selects no parameter of the model: %s".formatted(name, train));
        }
        long started = System.nanoTime();
        Checkpoint run = Checkpoint.begin();
        if (context.resume()) {
            run = Checkpoint.load(context.folder(), student.params()).orElse(run);
        }
        while (run.step() < steps) {
            Batch batch = batch(context.data(), run.step());
            double loss = step(student, trained, batch);
            run = run.next(loss, batch.tokens());
            if (run.step() % checkpointEvery == 0 || run.step() == steps) {
                run.write(context.folder(), student.params(), trained);
            }
            context.progressListener().step(run.step(), steps, loss, rate);
        }
        double seconds = (System.nanoTime() - started) / 1e9;
        String digest = ParamDigest.of(student.params());
        return new StageResult(name, run.step(), run.firstLoss(), run.lastLoss(), seconds, run.tokens(), digest);
    }

    private void requirePredecessor(StageContext context) {
        String found = ParamDigest.of(context.student().params());
        context.predecessor().filter(expected -> !expected.equals(found)).ifPresent(expected -> {
            throw new StageException(
                    "stage '%s': the model is not what came before it ended with, %s expected, found %s"
                            .formatted(name, expected, found));
        });
    }

    private Batch batch(Dataset data, long step) {
        List<Sample> samples = LongStream.range(step * batchSize, (step + 1) * batchSize)
                .boxed()
                .flatMap(position -> data.sample(position).stream())
                .toList();
        if (samples.isEmpty()) {
            throw new StageException(
                    "stage '%s': all samples of step %d are skipped: %s".formatted(name, step + 1, data.skipped()));
        }
        return Batch.of(samples, 0);
    }

    private double step(LoadedModel model, List<String> trained, Batch batch) {
        Device device = model.device();
        return Scope.run(device, () -> {
            Tape tape = new Tape();
            Map<String, Tensor> watched = new HashMap<>();
            trained.forEach(name -> watched.put(name, tape.watch(model.params().get(name))));
            Params params = Params.overlay(watched, model.params());
            Tensor logits = model.model().forward(params, batch.inputs(device), ActivationRecorder.NONE);
            Tensor loss = loss(logits, batch.targets(device));
            List<Tensor> gradients =
                    tape.gradients(loss, trained.stream().map(watched::get).toList());
            for (int i = 0; i < trained.size(); i++) {
                Tensor before = model.params().get(trained.get(i));
                model.params()
                        .put(trained.get(i), before.subtract(gradients.get(i).multiply(rate)));
            }
            return (double) loss.item();
        });
    }

    // the mean over positions whose next token is an answer
    private static Tensor loss(Tensor logits, Tensor targets) {
        Tensor values = CrossEntropy.apply(logits.reshape(-1, logits.extent(-1)), targets.reshape(-1));
        Tensor zero = Tensors.of(targets.device(), Shape.of(), 0);
        Tensor answers = Tensors.apply(new Op.Compare(Op.Comparison.LESS_OR_EQUAL), zero, targets);
        return Reduction.TOKENS.reduce(values.reshape(targets.shape()), answers.cast(DType.F32));
    }
}
