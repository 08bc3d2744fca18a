package carve.distill;

import carve.api.device.Device;
import carve.api.loss.Observations;
import carve.api.model.HybridModel;
import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.SiteProbe;
import carve.api.op.Sequences;
import carve.api.param.Params;
import carve.api.stage.Batch;
import carve.api.stage.StageException;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.distill.Lessons.Lesson;
import carve.distill.Vocabulary.Side;
import carve.distill.training.Forcing;
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
 * layers is the mean, or the sum, of its values over the converted layers.
 *
 * <p>With {@code forcing = student} the teacher's layers of the converted ones are given what the student's had, and have no
 * gradient. With {@code forcing = teacher} beside other losses, the converted layers learn from what the teacher's had in the
 * same pass of the teacher, before the student runs end to end; no other layer runs for that.
 *
 * @param stage the stage's name, for messages
 * @param teacher the model that is imitated, if there is one
 * @param student the model that learns
 * @param layers the numbers of the converted layers
 * @param terms the losses, those of lessons left out
 * @param lessons what layers learn alone
 * @param pads what models are told of padding
 * @param recompute whether activations inside of layers are computed again for gradients instead of being kept
 * @param vocabulary how much of logits is there at once
 */
record EndToEndObjective(
        String stage,
        Optional<LoadedModel> teacher,
        LoadedModel student,
        List<Integer> layers,
        List<Term> terms,
        Optional<Lessons> lessons,
        Pads pads,
        boolean recompute,
        Vocabulary vocabulary)
        implements Objective {
    private static final String LOGITS = "logits";
    private static final String FINAL_NORM = "final_norm";

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
        List<String> notOfLayers = Lessons.chosen(terms, Forcing.STUDENT).stream()
                .filter(term -> !term.isOfLayers())
                .map(Term::label)
                .toList();
        if (!notOfLayers.isEmpty()) {
            throw new StageException(
                    ("stage '%s': with forcing = student layers are compared, so losses must be at a site"
                                    + " of layers (heads, output, hidden), not %s; use forcing = none")
                            .formatted(stage, notOfLayers));
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
            Sequences sequences = student.spec().input().sequences(inputs);
            Tensor targets = batch.targets(device);
            Tensor mask = batch.mask(device);
            boolean pieces = vocabulary.inPieces(
                    ofLogits(), targets.shape().size(), student.spec().vocabulary());
            Map<String, Tensor> taught = Scope.run(device, () -> teach(inputs, pieces));
            lessons.ifPresent(these -> these.layers()
                    .forEach(layer -> Scope.run(
                            device,
                            () -> these.learn(
                                    lesson(these, layer, taught, sequences, targets, mask), share, trained, into))));
            Tape tape = new Tape();
            Map<String, Tensor> watched = Watching.watch(tape, student, trained, "");
            Params params = Params.overlay(watched, student.params());
            Map<String, Tensor> seen = observe(params, inputs, pieces);
            Sum sum = new Sum(into);
            if (pieces) {
                addPieces(sum, params, seen, taught, share, targets, mask);
            }
            for (Term term : terms) {
                if (pieces && isOfLogits(term)) {
                    continue;
                }
                for (OptionalInt layer : places(term)) {
                    String site = site(term, layer);
                    Tensor value = require(seen.get(site), site);
                    Tensor other = term.forcing() == Forcing.STUDENT
                            ? retold(term, layer.getAsInt(), seen, sequences)
                            : term.loss().needsTeacher() ? require(taught.get(site), site) : value;
                    Observations observations = new Observations(value, other, targets, mask);
                    sum.add(term, layer, share, layers.size(), term.loss().of(observations));
                }
            }
            sum.backward(tape, watched);
        });
    }

    private void addPieces(
            Sum sum,
            Params params,
            Map<String, Tensor> seen,
            Map<String, Tensor> taught,
            double share,
            Tensor targets,
            Tensor mask) {
        List<Term> own = ofLogits();
        boolean compares = own.stream().anyMatch(term -> term.loss().needsTeacher());
        Optional<Side> other = compares
                ? Optional.of(new Side(
                        require(taught.get(FINAL_NORM), FINAL_NORM),
                        requireTeacher().params(),
                        requireTeacher().spec()))
                : Optional.empty();
        Side side = new Side(require(seen.get(FINAL_NORM), FINAL_NORM), params, student.spec());
        List<Tensor> losses = vocabulary.losses(own, side, other, targets, mask);
        for (int i = 0; i < own.size(); i++) {
            sum.add(own.get(i), OptionalInt.empty(), share, layers.size(), losses.get(i));
        }
    }

    private List<Term> ofLogits() {
        return terms.stream().filter(EndToEndObjective::isOfLogits).toList();
    }

    private static boolean isOfLogits(Term term) {
        return term.loss().site().equals(LOGITS);
    }

    // the teacher's pass has what its layers had and made
    private Lesson lesson(
            Lessons these, int layer, Map<String, Tensor> taught, Sequences sequences, Tensor targets, Tensor mask) {
        Map<String, Tensor> own = new LinkedHashMap<>();
        for (Term term : these.terms()) {
            String site = site(term, OptionalInt.of(layer));
            own.put(term.loss().site(), require(taught.get(site), site));
        }
        return new Lesson(layer, require(taught.get(input(layer)), input(layer)), sequences, own, targets, mask);
    }

    // what the teacher's layer makes of what the student's had
    private Tensor retold(Term term, int layer, Map<String, Tensor> seen, Sequences sequences) {
        LoadedModel model = requireTeacher();
        Tensor x = seen.get(input(layer)).detach();
        Lessons one = new Lessons(stage, model, List.of(layer), List.of(term));
        String site = site(term, OptionalInt.of(layer));
        return require(
                one.observe(model, model.params(), layer, x, sequences, one.needWholeLayer())
                        .get(term.loss().site()),
                site);
    }

    private List<OptionalInt> places(Term term) {
        return term.isOfLayers() ? layers.stream().map(OptionalInt::of).toList() : List.of(OptionalInt.empty());
    }

    private String site(Term term, OptionalInt layer) {
        return layer.isPresent()
                ? term.site(layer.getAsInt(), student.spec().layers().size())
                : term.loss().site();
    }

    private static String input(int layer) {
        return "layers." + layer + ".input";
    }

    private LoadedModel requireTeacher() {
        return teacher.orElseThrow(() ->
                new StageException("stage '%s': losses %s compare with a teacher, but there is none"
                        .formatted(stage, terms.stream().map(Term::label).toList())));
    }

    private Map<String, Tensor> teach(Inputs inputs, boolean pieces) {
        Set<String> sites = taughtSites();
        boolean logits = sites.contains(LOGITS) && !pieces;
        if (pieces && sites.remove(LOGITS)) {
            sites.add(FINAL_NORM);
        }
        if (sites.isEmpty()) {
            return Map.of();
        }
        LoadedModel model = requireTeacher();
        SiteProbe probe = new SiteProbe(sites::contains);
        // nothing is recorded: a layer's inner values go when it is done, but where they are looked at
        Tensor hidden = model.model()
                .hidden(model.params(), inputs, probe, sites.stream().noneMatch(EndToEndObjective::isInner));
        if (logits) {
            model.model().output(model.params(), hidden, probe);
        }
        return probe.values();
    }

    private static boolean isInner(String site) {
        return site.startsWith("input.")
                || site.startsWith("layers.") && !site.endsWith(".input") && !site.endsWith(".output");
    }

    private Set<String> taughtSites() {
        Set<String> sites = new LinkedHashSet<>();
        for (Term term : terms) {
            if (term.loss().needsTeacher() && term.forcing() != Forcing.STUDENT) {
                places(term).forEach(layer -> sites.add(site(term, layer)));
            }
        }
        lessons.ifPresent(these -> these.layers().forEach(layer -> {
            sites.add(input(layer));
            these.terms().forEach(term -> sites.add(site(term, OptionalInt.of(layer))));
        }));
        return sites;
    }

    private Set<String> seenSites() {
        Set<String> sites = new LinkedHashSet<>();
        for (Term term : terms) {
            for (OptionalInt layer : places(term)) {
                sites.add(site(term, layer));
                if (term.forcing() == Forcing.STUDENT) {
                    sites.add(input(layer.getAsInt()));
                }
            }
        }
        return sites;
    }

    private Map<String, Tensor> observe(Params params, Inputs inputs, boolean pieces) {
        HybridModel model = student.model();
        SiteProbe probe = recompute ? SiteProbe.NONE : new SiteProbe(seenSites()::contains);
        Tensor hidden = model.hidden(params, inputs, probe, recompute);
        Map<String, Tensor> seen = new LinkedHashMap<>(probe.values());
        seen.put(FINAL_NORM, hidden);
        if (!pieces && !ofLogits().isEmpty()) {
            seen.put(LOGITS, model.output(params, hidden, SiteProbe.NONE));
        }
        return seen;
    }

    private Tensor require(Tensor value, String site) {
        if (value == null) {
            throw new StageException(
                    "stage '%s': nothing was observed at '%s'; there are embed, final_norm, logits, and for"
                                    .formatted(stage, site)
                            + " layers heads, output and hidden");
        }
        return value;
    }
}
