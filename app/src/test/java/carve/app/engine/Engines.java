package carve.app.engine;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.Processor;
import carve.api.model.Sample;
import carve.api.tensor.Workspace.Kernels;
import carve.app.Assembled;
import carve.app.work.DeviceChoice;
import carve.app.work.ReferenceDeviceProvider;
import carve.hocon.Catalogs;
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
public final class Engines {
    private final List<String> left = Collections.synchronizedList(new ArrayList<>());

    /** Makes the collection. */
    public Engines() {}

    /** A processor of letters whose answers end at a token, or never. */
    private record Endless(Processor letters, Set<Integer> stops) implements Processor {
        @Override
        public Sample prompt(List<Message> conversation) {
            return letters.prompt(conversation);
        }

        @Override
        public Sample example(List<Message> conversation) {
            return letters.example(conversation);
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
        public TextStream stream() {
            return letters.stream();
        }

        @Override
        public Set<Integer> excluded() {
            return stops.isEmpty() ? Set.of(0) : Set.of();
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
                    Processor processor = new Endless(letters, ends ? letters.stops() : Set.of());
                    return new Opened(model, processor, List.of("small", name), List.of(() -> close(device)));
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
    public static ModelEngine onProcessor(EngineConfig config, String... mixers) {
        return ModelEngine.open(
                "cpu",
                () -> {
                    Catalogs catalogs = Assembled.catalogs(new ReferenceDeviceProvider());
                    Device device = new DeviceChoice(catalogs.devices(), "cpu", Kernels.PREFERRED).open();
                    LoadedModel model = SmallModels.decoder(device, 42, catalogs.mixerCatalog(), mixers);
                    Processor letters = new SmallFamily().processor(model.spec(), Path.of("."));
                    return new Opened(model, letters, List.of(Arrays.toString(mixers)), List.of(device));
                },
                config);
    }

    /** Returns what was left on devices when they were closed. */
    public List<String> left() {
        return List.copyOf(left);
    }
}
