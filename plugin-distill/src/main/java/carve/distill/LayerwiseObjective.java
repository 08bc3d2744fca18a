package carve.distill;

import carve.api.device.Device;
import carve.api.loss.Observations;
import carve.api.mixer.Probe;
import carve.api.model.Block;
import carve.api.model.InputEncoder.Encoded;
import carve.api.model.LoadedModel;
import carve.api.model.SiteProbe;
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
 * that layer made of it. The teacher runs once; then layers are independent, and go one after the other, so that only
 * one layer's activations are ever kept. A loss is the mean of its values over the converted layers.
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
        List<String> elsewhere = terms.stream().filter(term -> !term.isOfLayers()).map(Term::label).toList();
        if (!elsewhere.isEmpty()) {
            throw new StageException(("stage '%s': with forcing = teacher layers learn alone, so losses must be at a site of"
                    + " layers (heads, output), not %s; use forcing = none").formatted(stage, elsewhere));
        }
        if (layers.isEmpty()) {
            throw new StageException(("stage '%s': the plan converts no layer, so with forcing = teacher there is nothing to"
                    + " learn").formatted(stage));
        }
    }

    @Override
    public void check(Set<String> trained) {
        boolean whole = needsWholeLayer();
        List<String> outside = trained.stream().filter(name -> layers.stream()
                .noneMatch(layer -> name.startsWith(prefix(layer) + (whole ? "." : ".mixer.")))).toList();
        if (!outside.isEmpty()) {
            throw new StageException(("stage '%s': with forcing = teacher and these losses only parameters of the %s of layers"
                    + " %s learn, but 'train' chooses %s").formatted(stage, whole ? "whole" : "mixers", layers, outside));
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
            Encoded encoded = teacher.spec().input()
                    .encode(teacher.params().under("input"), pads.inputs(batch, device));
            Map<String, Tensor> taught = Scope.run(device, () -> teach(encoded));
            Tensor targets = batch.targets(device);
            Tensor mask = batch.mask(device);
            for (int layer : layers) {
                Scope.run(device, () -> {
                    Lesson lesson = new Lesson(layer, encoded.sequences(), taught, targets, mask);
                    learn(lesson, share / layers.size(), trained, into);
                });
            }
        });
    }

    private record Lesson(int layer, Sequences sequences, Map<String, Tensor> taught, Tensor targets, Tensor mask) {
        Tensor site(String name) {
            return taught.get(prefix(layer) + "." + name);
        }
    }

    private Map<String, Tensor> teach(Encoded encoded) {
        SiteProbe probe = new SiteProbe(this::isTaught);
        teacher.model().layers(teacher.params(), encoded, probe, false);
        return probe.values();
    }

    private boolean isTaught(String site) {
        for (int layer : layers) {
            if (site.startsWith(prefix(layer) + ".")) {
                String name = site.substring(prefix(layer).length() + 1);
                return name.equals("input") || wants(name);
            }
        }
        return false;
    }

    private boolean wants(String name) {
        return terms.stream().anyMatch(term -> term.loss().site().equals(name));
    }

    private void learn(Lesson lesson, double share, Set<String> trained, StepBuffer into) {
        Tape tape = new Tape();
        Map<String, Tensor> watched = Watching.watch(tape, student, trained, prefix(lesson.layer()) + ".");
        Map<String, Tensor> seen = observe(lesson, watched);
        Sum sum = new Sum(into);
        for (Term term : terms) {
            String site = term.loss().site();
            Observations observations = new Observations(
                    require(seen.get(site), site, lesson.layer()),
                    require(lesson.site(site), site, lesson.layer()), lesson.targets(), lesson.mask());
            sum.add(term, OptionalInt.of(lesson.layer()), share, observations);
        }
        sum.backward(tape, watched);
    }

    private Map<String, Tensor> observe(Lesson lesson, Map<String, Tensor> watched) {
        Block block = student.spec().layers().get(lesson.layer());
        Params params = Params.overlay(watched, student.params()).under(prefix(lesson.layer()));
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
        Tensor x = lesson.site("input");
        if (needsWholeLayer()) {
            seen.put(OUTPUT, block.forward(params, x, lesson.sequences(), probe));
        } else {
            block.mix(params, x, lesson.sequences(), probe);
        }
        return seen;
    }

    private Tensor require(Tensor value, String site, int layer) {
        if (value == null) {
            throw new StageException("stage '%s': nothing was observed at '%s' of layer %d; mixers publish 'heads', and every"
                    .formatted(stage, site, layer) + " layer has 'output'");
        }
        return value;
    }
}
