package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
import carve.api.model.HybridModel;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.model.Site;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.models.OfficialModelFixture;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Whole models agree with what the authors' code computed, on a device: all at once, step by step, and in gradients. */
abstract class OfficialModelContract {
    private static final List<String> MODELS = List.of("hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny");
    private static final int IMAGE_TOKEN = 120;

    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    private interface Check {
        void of(LoadedModel model, ModelFolder folder, Fixture io);
    }

    private Stream<DynamicTest> each(Check check) {
        return MODELS.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    try (Device device = open();
                            Fixture io = Fixture.open(name + "/io");
                            ModelFolder folder = ModelFolder.open(
                                    Fixture.folder().resolve(name),
                                    List.of(new HovleFamily()),
                                    OfficialFixtures.mixers());
                            LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
                        check.of(model, folder, io);
                    }
                }));
    }

    private static ModelInputs inputs(Device device, Fixture io, String name) {
        Shape shape = io.shape("in." + name + ".input_ids");
        String pixels = "in." + name + ".pixel_values";
        Map<String, Tensor> media =
                io.names().contains(pixels) ? Map.of(HovleInputEncoder.PIXELS, io.tensor(device, pixels)) : Map.of();
        return new ModelInputs(
                io.ints("in." + name + ".input_ids"), SequenceLayout.unpadded(shape.extent(0), shape.extent(1)), media);
    }

    @TestFactory
    Stream<DynamicTest> logitsAndHiddenStatesAgree() {
        return each((model, folder, io) -> {
            for (String name : new OfficialModelFixture(io).cases()) {
                ActivationRecorder probe = new ActivationRecorder(site -> true);
                Tensor logits = model.model().forward(model.params(), inputs(model.device(), io, name), probe);
                new OfficialModelFixture(io).assertLogitsAndHiddenStates(name, logits, hidden(model, probe));
            }
        });
    }

    private static Map<String, Tensor> hidden(LoadedModel model, ActivationRecorder probe) {
        Map<String, Tensor> hidden = new LinkedHashMap<>();
        hidden.put("embed", probe.values().get(Site.EMBED));
        for (int i = 0; i < model.spec().layers().size(); i++) {
            hidden.put(model.spec().layers().get(i).label(), probe.values().get(Site.layer(i, "output")));
        }
        hidden.put("final_norm", probe.values().get(Site.FINAL_NORM));
        return hidden;
    }

    @TestFactory
    Stream<DynamicTest> gradientsAgree() {
        return each((model, folder, io) -> {
            for (String name : new OfficialModelFixture(io).cases()) {
                if (io.names().contains("out." + name + ".mse")) {
                    gradients(model, folder, io, name);
                }
            }
        });
    }

    private static void gradients(LoadedModel model, ModelFolder folder, Fixture io, String name) {
        Tape tape = new Tape();
        Map<String, Tensor> watched = new LinkedHashMap<>();
        model.params().asMap().forEach((parameter, value) -> watched.put(parameter, tape.watch(value)));
        ActivationRecorder probe = new ActivationRecorder(Site.EMBED::equals);
        Tensor logits = model.model().forward(Params.of(watched), inputs(model.device(), io, name), probe);
        Tensor difference = logits.subtract(io.tensor(model.device(), "in." + name + ".target"));
        Tensor loss = difference.multiply(difference).mean();
        io.assertAgrees("loss", "out." + name + ".mse", loss);
        List<Tensor> of = new ArrayList<>(watched.values());
        of.add(probe.values().get(Site.EMBED));
        List<Tensor> found = tape.gradients(loss, of);
        io.assertAgrees("grad", "out." + name + ".grad.embed", found.getLast());
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        watched.keySet().forEach(parameter -> gradients.put(parameter, found.get(gradients.size())));
        folder.spec()
                .extraTensors()
                .forEach(carried -> gradients.put(carried.name(), Tensors.zeros(model.device(), carried.shape())));
        parameters(folder, io, "out." + name + ".", gradients);
    }

    // the norm of each parameter's gradient, and some gradients whole
    private static void parameters(ModelFolder folder, Fixture io, String prefix, Map<String, Tensor> gradients) {
        for (String tensor : io.names()) {
            if (tensor.startsWith(prefix + "gradnorm.")) {
                double[] values = OfficialFixtures.inCheckpoint(
                        folder.names(), tensor.substring((prefix + "gradnorm.").length()), gradients);
                double norm = Math.sqrt(Arrays.stream(values).map(x -> x * x).sum());
                io.assertAgrees("grad", tensor, Shape.of(), new double[] {norm});
            } else if (tensor.startsWith(prefix + "grad.")
                    && folder.checkpoint().names().contains(tensor.substring((prefix + "grad.").length()))) {
                io.assertAgrees(
                        "grad",
                        tensor,
                        io.shape(tensor),
                        OfficialFixtures.inCheckpoint(
                                folder.names(), tensor.substring((prefix + "grad.").length()), gradients));
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> greedyTokensAgree() {
        return each((model, folder, io) -> {
            for (String name : new OfficialModelFixture(io).cases()) {
                if (io.names().contains("out." + name + ".greedy_tokens")) {
                    greedy(model, io, name);
                }
            }
        });
    }

    private static void greedy(LoadedModel model, Fixture io, String name) {
        int[] expected = io.ints("out." + name + ".greedy_tokens");
        ModelInputs prompt = inputs(model.device(), io, name);
        int prompted = prompt.sequenceLayout().positions();
        int[] chosen = new int[expected.length];
        List<Tensor> logits = new ArrayList<>();
        try (ModelState state = model.model().newState(model.device(), 1, prompted + expected.length)) {
            Tensor next = model.model().advance(model.params(), prompt, state);
            for (int i = 0; i < expected.length; i++) {
                logits.add(next.reshape(1, -1));
                chosen[i] = best(next.floats());
                next = i + 1 == expected.length
                        ? next
                        : model.model().advance(model.params(), ModelInputs.text(chosen[i]), state);
            }
            assertArrayEquals(expected, chosen, name);
            new OfficialModelFixture(io).assertStepLogits(name, logits);
            states(model, io, name, state);
        }
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            best = i != IMAGE_TOKEN && logits[i] > logits[best] ? i : best;
        }
        return best;
    }

    // official caches are numbered with the language model's layers from 8 on
    private static void states(LoadedModel model, Fixture io, String name, ModelState state) {
        for (int i = 0; i < model.spec().layers().size(); i++) {
            String[] label = model.spec().layers().get(i).label().split("\\.");
            int official = Integer.parseInt(label[1]) + (label[0].equals("llm") ? 8 : 0);
            Map<String, Tensor> saved = state.layer(i).save();
            for (String kind : List.of("conv_state", "ssm_state")) {
                String tensor = "out.%s.final_%s.%d".formatted(name, kind, official);
                if (io.names().contains(tensor)) {
                    io.assertAgrees("value", tensor, saved.get(kind));
                }
            }
        }
    }

    /** Rows of a batch, stepped with given tokens, and a padded batch. */
    @TestFactory
    Stream<DynamicTest> batchesAgree() {
        return each((model, folder, io) -> {
            HybridModel runs = model.model();
            if (io.names().contains("in.batch.input_ids")) {
                Tensor logits =
                        runs.forward(model.params(), inputs(model.device(), io, "batch"), ActivationRecorder.NONE);
                io.assertAgrees("logits", "out.batch.logits", logits);
            }
            if (io.names().contains("in.pad.input_ids")) {
                padded(model, io);
            }
        });
    }

    private static void padded(LoadedModel model, Fixture io) {
        OfficialModelFixture fixture = new OfficialModelFixture(io);
        SequenceLayout layout = fixture.paddedLayout();
        ModelInputs modelInputs = new ModelInputs(io.ints("in.pad.input_ids"), layout, Map.of());
        fixture.assertPaddedLogits(layout, model.model().forward(model.params(), modelInputs, ActivationRecorder.NONE));
    }
}
