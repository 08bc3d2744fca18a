package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.model.ActivationRecorder;
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
import carve.models.hovle.OfficialFixtures;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** TinyLLaVA and MaTVLM agree with what the authors' code computed: all at once, step by step, and in gradients. */
abstract class OfficialModelContract {
    private static final int IMAGE = -200;

    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    private interface Check {
        void of(LoadedModel model, ModelFolder folder, Fixture io);
    }

    private Stream<DynamicTest> each(Check check) {
        return TinyModels.MODELS.stream()
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    try (Device device = open();
                            Fixture io = Fixture.open(name + "/io");
                            ModelFolder folder = ModelFolder.open(
                                    TinyModels.folder(name), List.of(TinyModels.FAMILY), TinyModels.mixers());
                            LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
                        check.of(model, folder, io);
                    }
                }));
    }

    private static Map<String, Tensor> media(Device device, Fixture io, String name) {
        String images = "in." + name + ".images";
        return io.names().contains(images) ? Map.of(LlavaInputEncoder.IMAGES, io.tensor(device, images)) : Map.of();
    }

    private static ModelInputs inputs(Device device, Fixture io, String name) {
        Shape shape = io.shape("in." + name + ".input_ids");
        SequenceLayout rows = SequenceLayout.unpadded(shape.extent(0), shape.extent(1));
        return new ModelInputs(io.ints("in." + name + ".input_ids"), rows, media(device, io, name));
    }

    @TestFactory
    Stream<DynamicTest> logitsAndHiddenStatesAgree() {
        return each((model, folder, io) -> {
            for (String name : new OfficialModelFixture(io).cases()) {
                ActivationRecorder probe = new ActivationRecorder(_ -> true);
                Tensor logits = model.model().forward(model.params(), inputs(model.device(), io, name), probe);
                new OfficialModelFixture(io).assertLogitsAndHiddenStates(name, logits, hidden(model, probe));
            }
        });
    }

    private static Map<String, Tensor> hidden(LoadedModel model, ActivationRecorder probe) {
        Map<String, Tensor> hidden = new LinkedHashMap<>();
        probe.values()
                .forEach((site, value) ->
                        hidden.put(site instanceof Site.Input input ? input.name() : site.toString(), value));
        for (int i = 0; i < model.spec().layers().size(); i++) {
            hidden.put(model.spec().layers().get(i).label(), probe.values().get(Site.layer(i, "output")));
        }
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
        ModelInputs modelInputs = inputs(model.device(), io, name);
        Map<String, Tensor> media = new LinkedHashMap<>();
        modelInputs.media().forEach((medium, value) -> media.put(medium, tape.watch(value)));
        Tensor logits = model.model()
                .forward(
                        Params.of(watched),
                        new ModelInputs(modelInputs.tokens(), modelInputs.sequenceLayout(), media),
                        ActivationRecorder.NONE);
        Tensor difference = logits.subtract(io.tensor(model.device(), "in." + name + ".target"));
        Tensor loss = difference.multiply(difference).mean();
        io.assertAgrees("loss", "out." + name + ".mse", loss);
        List<Tensor> of = new ArrayList<>(watched.values());
        of.addAll(media.values());
        List<Tensor> found = tape.gradients(loss, of);
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        watched.keySet().forEach(parameter -> gradients.put(parameter, found.get(gradients.size())));
        folder.spec()
                .extraTensors()
                .forEach(carried -> gradients.put(carried.name(), Tensors.zeros(model.device(), carried.shape())));
        if (!media.isEmpty()) {
            io.assertAgrees("grad", "out." + name + ".grad.images", found.getLast());
        }
        parameters(folder, io, "out." + name + ".", gradients);
    }

    // the norm of each parameter's gradient, and some gradients whole
    private static void parameters(ModelFolder folder, Fixture io, String prefix, Map<String, Tensor> gradients) {
        for (String tensor : io.names()) {
            String parameter = tensor.replaceFirst("^" + Pattern.quote(prefix) + "grad(norm)?\\.", "");
            if (!folder.checkpoint().names().contains(parameter)) {
                continue;
            }
            double[] values = OfficialFixtures.inCheckpoint(folder.names(), parameter, gradients);
            double norm = Math.sqrt(Arrays.stream(values).map(x -> x * x).sum());
            if (parameter.contains("vision_tower") && parameter.endsWith("k_proj.bias")) {
                assertTrue(norm < 1e-7, tensor); // nothing but rounding: a bias of keys changes no softmax
            } else if (tensor.startsWith(prefix + "gradnorm.")) {
                io.assertAgrees("grad", tensor, Shape.of(), new double[] {norm});
            } else {
                io.assertAgrees("grad", tensor, io.shape(tensor), values);
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
        int prompted = model.spec().input().layout(prompt).positions();
        int[] chosen = new int[expected.length];
        List<Tensor> logits = new ArrayList<>();
        try (ModelState state = model.model().newState(model.device(), 1, prompted + expected.length)) {
            Tensor next = model.model().advance(model.params(), prompt, state);
            assertEquals(prompted, state.position());
            for (int i = 0; i < expected.length; i++) {
                logits.add(next.reshape(1, -1));
                chosen[i] = best(next.floats());
                next = i + 1 == expected.length
                        ? next
                        : model.model().advance(model.params(), ModelInputs.text(chosen[i]), state);
            }
        }
        assertArrayEquals(expected, chosen, name);
        new OfficialModelFixture(io).assertStepLogits(name, logits);
    }

    private static int best(float[] logits) {
        return IntStream.range(0, logits.length)
                .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                .orElseThrow();
    }

    /** A padded batch, with one token for each picture and with one for each of its positions. */
    @TestFactory
    Stream<DynamicTest> paddedBatchesAgree() {
        return each((model, folder, io) -> {
            OfficialModelFixture fixture = new OfficialModelFixture(io);
            ModelInputs compact = new ModelInputs(
                    io.ints("in.pad.input_ids"), fixture.paddedLayout(), media(model.device(), io, "pad"));
            SequenceLayout spliced = model.spec().input().layout(compact);
            Tensor logits = model.model().forward(model.params(), compact, ActivationRecorder.NONE);
            fixture.assertPaddedLogits(spliced, logits);
            Tensor again =
                    model.model().forward(model.params(), expanded(compact, spliced, 15), ActivationRecorder.NONE);
            TensorAssertions.assertClose("a token for each position", logits, again, Tolerance.ELEMENTWISE);
        });
    }

    private static ModelInputs expanded(ModelInputs compact, SequenceLayout spliced, int features) {
        int positions = compact.sequenceLayout().positions();
        int[] tokens = new int[spliced.batch() * spliced.positions()];
        for (int b = 0; b < spliced.batch(); b++) {
            int at = b * spliced.positions();
            for (int t = 0; t < compact.sequenceLayout().lengths().get(b); t++) {
                int token = compact.tokens()[b * positions + t];
                int times = token == IMAGE ? features : 1;
                Arrays.fill(tokens, at, at + times, token);
                at += times;
            }
        }
        return new ModelInputs(tokens, spliced, compact.media());
    }
}
