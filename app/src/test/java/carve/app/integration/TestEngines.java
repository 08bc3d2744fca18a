package carve.app.integration;

import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.app.TestDistribution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import carve.runtime.device.ReferenceDeviceProvider;
import carve.runtime.engine.DraftModel;
import carve.runtime.engine.EngineConfig;
import carve.runtime.engine.EngineModel;
import carve.runtime.engine.ModelEngine;
import carve.runtime.engine.ModelFiles;
import carve.testkit.AssertingDevice;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;

/** Engines to be tested, and what their devices had left when they were closed. */
public final class TestEngines {
    private final List<String> left = Collections.synchronizedList(new ArrayList<>());

    /** Makes the collection. */
    public TestEngines() {}

    /** A processor of letters whose answers end at a token, or never. */
    private record EndlessProcessor(Processor letters, Set<Integer> stopTokens) implements Processor {
        @Override
        public Sample prompt(List<Message> conversation) {
            return letters.prompt(conversation);
        }

        @Override
        public Sample trainingSample(List<Message> conversation) {
            return letters.trainingSample(conversation);
        }

        @Override
        public int[] encode(String text) {
            return letters.encode(text);
        }

        @Override
        public String decode(int... tokens) {
            return letters.decode(tokens);
        }

        @Override
        public TextStream textStream() {
            return letters.textStream();
        }

        @Override
        public Set<Integer> suppressedTokens() {
            return stopTokens.isEmpty() ? Set.of(0) : Set.of();
        }

        @Override
        public void close() {
            letters.close();
        }
    }

    /** Returns settings with a few sessions and pieces of eight positions. */
    public static EngineConfig config(long memory, long disk, List<Path> folder) {
        return new EngineConfig(4, 32, 8, 1 << 14, memory, disk, folder);
    }

    /** Opens a small model of two layers on the reference device, which watches what is left on it. */
    public ModelEngine small(String name, EngineConfig config, boolean ends) {
        return ModelEngine.open(
                name,
                () -> {
                    Device device = new AssertingDevice(new ReferenceDevice());
                    LoadedModel model = SmallModels.decoder(device, 42);
                    Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
                    Processor processor = new EndlessProcessor(letters, ends ? letters.stopTokens() : Set.of());
                    return new EngineModel(model, processor, List.of("small", name), List.of(() -> close(device)));
                },
                config);
    }

    /** Opens a small model with a draft model of other weights, on the reference device. */
    public ModelEngine drafted(EngineConfig config) {
        return ModelEngine.open(
                "drafted",
                () -> {
                    Device device = new AssertingDevice(new ReferenceDevice());
                    LoadedModel model = SmallModels.decoder(device, 42);
                    LoadedModel draft = SmallModels.decoder(device, 43);
                    Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
                    return new EngineModel(
                            model,
                            List.of(new DraftModel(draft, 3)),
                            new EndlessProcessor(letters, Set.of()),
                            List.of("small"),
                            List.of(() -> close(device), draft),
                            new ModelFiles(List.of()));
                },
                config);
    }

    private void close(Device device) {
        try {
            device.close();
        } catch (AssertionError e) {
            left.add(e.getMessage());
        }
    }

    /** Opens a small model with these mixers on the processor. */
    public static ModelEngine onCpu(EngineConfig config, String... mixers) {
        return ModelEngine.open(
                "cpu",
                () -> {
                    Catalogs catalogs = TestDistribution.catalogs(new ReferenceDeviceProvider());
                    Device device = new DeviceSelector(catalogs.devices(), "cpu", KernelPolicy.PREFERRED).open();
                    LoadedModel model = SmallModels.decoder(device, 42, catalogs.mixerCatalog(), mixers);
                    Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
                    return new EngineModel(model, letters, List.of(Arrays.toString(mixers)), List.of(device));
                },
                config);
    }

    /** Returns what was left on devices when they were closed. */
    public List<String> leakedBuffers() {
        return List.copyOf(left);
    }
}
