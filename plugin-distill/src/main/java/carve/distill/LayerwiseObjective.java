package carve.distill;

import carve.api.device.Device;
import carve.api.loss.Observations;
import carve.api.mixer.Probe;
import carve.api.model.Block;
import carve.api.model.InputEncoder.Encoded;
import carve.api.model.LoadedModel;
import carve.api.op.Sequences;
import carve.api.param.Params;
import carve.api.stage.Batch;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.distill.training.Objective;
import carve.distill.training.StepBuffer;
import carve.distill.training.Term;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * {@code forcing = teacher}: each converted layer sees the input that the teacher's layer had, and is compared with what
 * that layer made of it. The teacher runs once; layers are independent and learn one after the other as it goes by, so that
 * only one layer's activations are ever kept. A loss is the mean of its values over the converted layers.
 *
 * <p>mmMamba stages 1 and 2 (arXiv:2502.13145, section 3.2): at {@code heads}, each head's output before the output
 * projection. There, only the layer's mixer runs; at {@code output}, the whole layer does.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model that is imitated
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses
 * @param pads what models are told of padding
 */
record LayerwiseObjective(
        String stage, LoadedModel teacher, LoadedModel student, List<Integer> layers, List<Term> terms, Pads pads)
        implements Objective {
    private static final String OUTPUT = "output";

    LayerwiseObjective {
        layers = layers.stream().sorted().toList();
        List<String> elsewhere = terms.stream()
                .filter(term -> !term.isOfLayers())
                .map(Term::label)
                .toList();
        if (!elsewhere.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher layers learn alone, so losses must be at a site of"
                                    + " layers (heads, output), not %s; use forcing = none")
                            .formatted(stage, elsewhere));
        }
        if (layers.isEmpty()) {
            throw new StageException(
                    ("stage '%s': the plan converts no layer, so with forcing = teacher there is nothing to" + " learn")
                            .formatted(stage));
        }
    }

    @Override
    public void check(Set<String> trained) {
        boolean whole = needsWholeLayer();
        List<String> outside = trained.stream()
                .filter(name ->
                        layers.stream().noneMatch(layer -> name.startsWith(prefix(layer) + (whole ? "." : ".mixer."))))
                .toList();
        if (!outside.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher and these losses only parameters of the %s of layers"
                                    + " %s learn, but 'train' chooses %s")
                            .formatted(stage, whole ? "whole" : "mixers", layers, outside));
        }
    }

    private boolean needsWholeLayer() {
        return terms.stream().anyMatch(term -> term.loss().site().equals(OUTPUT));
    }

    private static String prefix(int layer) {
        return "layers." + layer;
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, StepBuffer into) {
        List<Batch> parts = pads.parts(batch);
        parts.forEach(part -> accumulatePart(part, share / parts.size(), trained, into));
    }

    private void accumulatePart(Batch batch, double share, Set<String> trained, StepBuffer into) {
        Device device = student.device();
        Scope.run(device, () -> {
            Encoded encoded =
                    teacher.spec().input().encode(teacher.params().under("input"), pads.inputs(batch, device));
            Tensor targets = batch.targets(device);
            Tensor mask = batch.mask(device);
            Tensor x = encoded.x();
            for (int i = 0; i <= layers.getLast(); i++) {
                int layer = i;
                Tensor input = x;
                x = Scope.run(device, () -> {
                    Lesson lesson = lesson(layer, input, encoded.sequences(), targets, mask);
                    if (layers.contains(layer)) {
                        Scope.run(device, () -> learn(lesson, share / layers.size(), trained, into));
                    }
                    return lesson.taught().getOrDefault(OUTPUT, input);
                });
            }
        });
    }

    /**
     * What a layer is to learn.
     *
     * @param layer its number
     * @param x its input
     * @param taught what the teacher's layer made of it, by site
     */
    private record Lesson(
            int layer, Tensor x, Sequences sequences, Map<String, Tensor> taught, Tensor targets, Tensor mask) {}

    // what comes after the last converted layer's heads is nobody's input
    private Lesson lesson(int layer, Tensor x, Sequences sequences, Tensor targets, Tensor mask) {
        boolean whole = needsWholeLayer() || layer < layers.getLast();
        Map<String, Tensor> taught =
                Scope.run(student.device(), () -> observe(teacher, teacher.params(), layer, x, sequences, whole));
        return new Lesson(layer, x, sequences, taught, targets, mask);
    }

    private boolean wants(String name) {
        return terms.stream().anyMatch(term -> term.loss().site().equals(name));
    }

    private void learn(Lesson lesson, double share, Set<String> trained, StepBuffer into) {
        Tape tape = new Tape();
        Map<String, Tensor> watched = Watching.watch(tape, student, trained, prefix(lesson.layer()) + ".");
        Params params = Params.overlay(watched, student.params());
        Map<String, Tensor> seen =
                observe(student, params, lesson.layer(), lesson.x(), lesson.sequences(), needsWholeLayer());
        Sum sum = new Sum(into);
        for (Term term : terms) {
            String site = term.loss().site();
            Observations observations = new Observations(
                    require(seen.get(site), site, lesson.layer()),
                    require(lesson.taught().get(site), site, lesson.layer()),
                    lesson.targets(),
                    lesson.mask());
            sum.add(term, OptionalInt.of(lesson.layer()), share, observations);
        }
        sum.backward(tape, watched);
    }

    private Map<String, Tensor> observe(
            LoadedModel model, Params params, int layer, Tensor x, Sequences sequences, boolean whole) {
        Block block = model.spec().layers().get(layer);
        Params own = params.under(prefix(layer));
        Map<String, Tensor> seen = new LinkedHashMap<>();
        Probe probe = new Probe() {
            @Override
            public boolean wants(String name) {
                return LayerwiseObjective.this.wants(name);
            }

            @Override
            public void publish(String name, Tensor value) {
                seen.put(name, value);
            }
        };
        if (whole) {
            seen.put(OUTPUT, block.forward(own, x, sequences, probe));
        } else {
            block.mix(own, x, sequences, probe);
        }
        return seen;
    }

    private Tensor require(Tensor value, String site, int layer) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s' of layer %d; mixers publish 'heads', and every"
                                    .formatted(stage, site, layer)
                            + " layer has 'output'");
        }
        return value;
    }
}
