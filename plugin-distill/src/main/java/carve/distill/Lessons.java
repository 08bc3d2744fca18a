package carve.distill;

import carve.api.loss.Observations;
import carve.api.mixer.Probe;
import carve.api.model.Block;
import carve.api.model.LoadedModel;
import carve.api.op.Sequences;
import carve.api.param.Params;
import carve.api.stage.StageException;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.distill.training.Forcing;
import carve.distill.training.StepBuffer;
import carve.distill.training.Term;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What converted layers learn alone, each from what the teacher's layer had and made of it.
 *
 * @param stage the stage's name, for messages
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses with {@code forcing = teacher}
 */
record Lessons(String stage, LoadedModel student, List<Integer> layers, List<Term> terms) {
    private static final String OUTPUT = "output";

    Lessons {
        layers = layers.stream().sorted().toList();
        List<String> elsewhere = terms.stream()
                .filter(term -> !term.isOfLayers())
                .map(Term::label)
                .toList();
        if (!elsewhere.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = teacher layers learn alone, so losses must be at a site of"
                                    + " layers (heads, output, hidden), not %s; use forcing = none")
                            .formatted(stage, elsewhere));
        }
        if (layers.isEmpty()) {
            throw new StageException(
                    ("stage '%s': the plan converts no layer, so with forcing = teacher there is nothing to" + " learn")
                            .formatted(stage));
        }
    }

    /** Returns the losses among these that have it so. */
    static List<Term> chosen(List<Term> terms, Forcing forcing) {
        return terms.stream().filter(term -> term.forcing() == forcing).toList();
    }

    /**
     * What a layer is to learn.
     *
     * @param layer its number
     * @param x its input
     * @param sequences how the rows of x are divided
     * @param taught what the teacher's layer made of it, by site
     */
    record Lesson(int layer, Tensor x, Sequences sequences, Map<String, Tensor> taught, Tensor targets, Tensor mask) {}

    /** Returns whether the whole layer runs, rather than its mixer alone. */
    boolean needWholeLayer() {
        return terms.stream()
                .map(term -> term.loss().site())
                .anyMatch(site -> site.equals(OUTPUT) || site.equals(Term.HIDDEN));
    }

    /** Adds the losses of a layer to a step, and the gradients of those of its parameters that are trained. */
    void learn(Lesson lesson, double share, Set<String> trained, StepBuffer into) {
        Tape tape = new Tape();
        Map<String, Tensor> watched = Watching.watch(tape, student, trained, "layers." + lesson.layer() + ".");
        Params params = Params.overlay(watched, student.params());
        Map<String, Tensor> seen =
                observe(student, params, lesson.layer(), lesson.x(), lesson.sequences(), needWholeLayer());
        Sum sum = new Sum(into);
        for (Term term : terms) {
            String site = term.loss().site();
            Observations observations = new Observations(
                    require(seen.get(site), site, lesson.layer()),
                    require(lesson.taught().get(site), site, lesson.layer()),
                    lesson.targets(),
                    lesson.mask());
            sum.add(
                    term,
                    OptionalInt.of(lesson.layer()),
                    share,
                    layers.size(),
                    term.loss().of(observations));
        }
        sum.backward(tape, watched);
    }

    /** Returns what a model's layer makes of an input x {@code (B, T, D)}, by site; its output if the whole layer runs. */
    Map<String, Tensor> observe(
            LoadedModel model, Params params, int layer, Tensor x, Sequences sequences, boolean whole) {
        Block block = model.spec().layers().get(layer);
        Params own = params.under("layers." + layer);
        Map<String, Tensor> seen = new LinkedHashMap<>();
        Probe probe = new Probe() {
            @Override
            public boolean wants(String name) {
                return terms.stream().anyMatch(term -> term.loss().site().equals(name));
            }

            @Override
            public void publish(String name, Tensor value) {
                seen.put(name, value);
            }
        };
        if (!whole) {
            block.mix(own, x, sequences, probe);
            return seen;
        }
        Tensor output = block.forward(own, x, sequences, probe);
        seen.put(OUTPUT, output);
        if (probe.wants(Term.HIDDEN)) {
            seen.put(Term.HIDDEN, hidden(model, params, layer, output));
        }
        return seen;
    }

    private static Tensor hidden(LoadedModel model, Params params, int layer, Tensor output) {
        boolean last = layer == model.spec().layers().size() - 1;
        return last ? model.spec().finalNorm().apply(params.under("final_norm"), output) : output;
    }

    private Tensor require(Tensor value, String site, int layer) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s' of layer %d; mixers publish 'heads', and every"
                                    .formatted(stage, site, layer)
                            + " layer has 'output' and 'hidden'");
        }
        return value;
    }
}
