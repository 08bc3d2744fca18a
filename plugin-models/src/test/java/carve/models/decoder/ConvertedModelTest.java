package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.MixerCatalog;
import carve.api.model.ActivationRecorder;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.ModelInputs;
import carve.api.op.KlDivergence;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.mamba2.Mamba2Provider;
import carve.mamba2.PlainMamba2Provider;
import carve.models.OfficialMixers;
import carve.runtime.convert.Conversion;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.Fixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** A model of each family becomes a hybrid, learns in a step from its teacher, and is the same after it was saved and opened. */
final class ConvertedModelTest {
    private static final MixerCatalog MIXERS = OfficialMixers.bothAttentionsAnd(
                    new PlainMamba2Provider(), new Mamba2Provider())
            .withDefaults(
                    "mamba2",
                    MapSettings.of(Map.of("conv-width", 2, "norm-epsilon", 1e-5, "init", "mimic"))
                            .asTree());

    @TempDir
    private Path temporary;

    @TestFactory
    Stream<DynamicTest> eachFamilyConverts() {
        return TransformersModelContract.folders()
                .filter(name -> !name.startsWith("mamba2"))
                .map(name -> DynamicTest.dynamicTest(name, () -> convert(name)));
    }

    private void convert(String name) {
        try (Device device = new ReferenceDevice();
                Fixture io = Fixture.open("families/" + name + "/io");
                ModelFolder folder = open(TransformersModelContract.families().resolve(name));
                LoadedModel teacher = folder.load(device, WeightPrecision.F32)) {
            List<MixerSpec> plan =
                    new ArrayList<>(Collections.nCopies(folder.spec().layers().size(), MixerSpec.of(MixerSpec.KEEP)));
            plan.set(0, MixerSpec.of("mamba2"));
            Conversion conversion = Conversion.of(folder, new LayerPlan(plan), MIXERS, device, 42);
            ModelInputs inputs = TransformersModelContract.inputs(io, "L7s0");
            try (LoadedModel student = conversion.load(device, WeightPrecision.F32)) {
                Scope.run(device, () -> learns(teacher, student, inputs));
                savedIsTheSame(conversion, student, inputs, temporary.resolve(name));
            }
        }
    }

    private static ModelFolder open(Path folder) {
        return ModelFolder.open(folder, List.of(new DecoderFamily()), MIXERS);
    }

    private static void learns(LoadedModel teacher, LoadedModel student, ModelInputs inputs) {
        Tensor expected = logits(teacher, teacher.params(), inputs);
        Tape tape = new Tape();
        List<String> names = new ArrayList<>();
        List<Tensor> watched = new ArrayList<>();
        Map<String, Tensor> trained = new HashMap<>();
        student.params().asMap().forEach((name, tensor) -> {
            if (name.startsWith("layers.0.mixer.")) {
                names.add(name);
                watched.add(tape.watch(tensor));
                trained.put(name, watched.getLast());
            }
        });
        Tensor before = loss(student, Params.overlay(trained, student.params()), inputs, expected);
        List<Tensor> gradients = tape.gradients(before, watched);
        for (int i = 0; i < names.size(); i++) {
            trained.put(
                    names.get(i), watched.get(i).detach().add(gradients.get(i).multiply(-1e-2)));
        }
        Tensor after = loss(student, Params.overlay(trained, student.params()), inputs, expected);
        assertTrue(after.item() < before.item(), "loss %s, then %s".formatted(before.item(), after.item()));
    }

    private static Tensor loss(LoadedModel model, Params params, ModelInputs inputs, Tensor expected) {
        Tensor logits = logits(model, params, inputs);
        int vocabulary = logits.extent(-1);
        return KlDivergence.apply(logits.reshape(-1, vocabulary), expected.reshape(-1, vocabulary), 1)
                .mean();
    }

    private static Tensor logits(LoadedModel model, Params params, ModelInputs inputs) {
        return model.model().forward(params, inputs, ActivationRecorder.NONE);
    }

    private static void savedIsTheSame(Conversion conversion, LoadedModel student, ModelInputs inputs, Path folder) {
        conversion.save(folder, _ -> {});
        try (ModelFolder saved = open(folder);
                LoadedModel again = saved.load(student.device(), WeightPrecision.F32)) {
            assertArrayEquals(
                    logits(student, student.params(), inputs).floats(),
                    logits(again, again.params(), inputs).floats());
        }
    }
}
