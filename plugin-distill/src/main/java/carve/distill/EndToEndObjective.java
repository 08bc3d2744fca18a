package carve.distill;

import carve.api.device.Device;
import carve.api.loss.Observations;
import carve.api.model.HybridModel;
import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.SiteProbe;
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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * {@code forcing = none}: the student runs end to end, and so does the teacher, if a loss needs one. A loss at a site of
 * layers is the mean of its values over the converted layers.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model that is imitated, if there is one
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses
 * @param pads what models are told of padding
 * @param recompute whether activations inside of layers are computed again for gradients instead of being kept
 */
record EndToEndObjective(
        String stage,
        Optional<LoadedModel> teacher,
        LoadedModel student,
        List<Integer> layers,
        List<Term> terms,
        Pads pads,
        boolean recompute)
        implements Objective {
    private static final String LOGITS = "logits";

    EndToEndObjective {
        List<String> inner = terms.stream()
                .map(term -> term.loss().site())
                .filter(s -> !s.equals(LOGITS))
                .toList();
        if (recompute && !inner.isEmpty()) {
            throw new StageException(
                    "stage '%s': with recompute = true only logits are observed, but there are losses at %s"
                            .formatted(stage, inner));
        }
        if (layers.isEmpty() && terms.stream().anyMatch(Term::isOfLayers)) {
            throw new StageException(
                    "stage '%s': the plan converts no layer, but there are losses at %s".formatted(stage, inner));
        }
    }

    @Override
    public void check(Set<String> trained) {
        // every parameter that a model reads can have a gradient
    }

    @Override
    public void accumulate(Batch batch, double share, Set<String> trained, StepBuffer into) {
        List<Batch> parts = pads.parts(batch);
        parts.forEach(part -> accumulatePart(part, share / parts.size(), trained, into));
    }

    private void accumulatePart(Batch batch, double share, Set<String> trained, StepBuffer into) {
        Device device = student.device();
        Scope.run(device, () -> {
            Inputs inputs = pads.inputs(batch, device);
            Map<String, Tensor> taught = Scope.run(device, () -> teach(inputs));
            Tape tape = new Tape();
            Map<String, Tensor> watched = Watching.watch(tape, student, trained, "");
            Map<String, Tensor> seen = observe(Params.overlay(watched, student.params()), inputs);
            Tensor targets = batch.targets(device);
            Tensor mask = batch.mask(device);
            Sum sum = new Sum(into);
            for (Term term : terms) {
                for (OptionalInt layer : places(term)) {
                    String site = site(term, layer);
                    Tensor value = require(seen.get(site), site);
                    Tensor taughtValue = term.loss().needsTeacher() ? require(taught.get(site), site) : value;
                    sum.add(
                            term,
                            layer,
                            share / places(term).size(),
                            new Observations(value, taughtValue, targets, mask));
                }
            }
            sum.backward(tape, watched);
        });
    }

    private List<OptionalInt> places(Term term) {
        return term.isOfLayers() ? layers.stream().map(OptionalInt::of).toList() : List.of(OptionalInt.empty());
    }

    private static String site(Term term, OptionalInt layer) {
        String site = term.loss().site();
        return layer.isPresent() ? "layers." + layer.getAsInt() + "." + site : site;
    }

    private Map<String, Tensor> teach(Inputs inputs) {
        Set<String> sites = sites(true);
        if (sites.isEmpty()) {
            return Map.of();
        }
        LoadedModel model = teacher.orElseThrow(() -> new StageException(
                "stage '%s': losses at %s compare with a teacher, but there is none".formatted(stage, sites)));
        SiteProbe probe = new SiteProbe(sites::contains);
        model.model().forward(model.params(), inputs, probe);
        return probe.values();
    }

    private Set<String> sites(boolean ofTeacher) {
        Set<String> sites = new LinkedHashSet<>();
        for (Term term : terms) {
            if (!ofTeacher || term.loss().needsTeacher()) {
                places(term).forEach(layer -> sites.add(site(term, layer)));
            }
        }
        return sites;
    }

    private Map<String, Tensor> observe(Params params, Inputs inputs) {
        HybridModel model = student.model();
        if (recompute) {
            return Map.of(LOGITS, model.forwardRecomputing(params, inputs));
        }
        SiteProbe probe = new SiteProbe(sites(false)::contains);
        Tensor logits = model.forward(params, inputs, probe);
        Map<String, Tensor> seen = new LinkedHashMap<>(probe.values());
        seen.put(LOGITS, logits);
        return seen;
    }

    private Tensor require(Tensor value, String site) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s'; there are embed, final_norm, logits, and for"
                                    .formatted(stage, site)
                            + " layers heads and output");
        }
        return value;
    }
}
