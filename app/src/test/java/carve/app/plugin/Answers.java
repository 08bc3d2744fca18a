package carve.app.plugin;

import carve.api.config.SettingsNode;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.model.Sample;
import carve.app.work.Decoding;
import carve.app.work.Sampler;
import carve.hocon.Catalogs;
import carve.testkit.SmallModels;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lets a small model answer whose mixer comes from a plugin. */
final class Answers {
    static final SettingsNode.Section NOTHING = new SettingsNode.Section(Map.of(), "test");

    private static final int TOKENS = 12;

    private Answers() {}

    /** Returns the tokens that a model of two layers answers; the listener is told as they come. */
    static List<Integer> of(Catalogs catalogs, Decoding.Listener listener) {
        try (ReferenceDevice device = new ReferenceDevice();
                LoadedModel model =
                        SmallModels.decoder(device, 42, catalogs.mixerCatalog(), DecayPlugin.NAME, DecayPlugin.NAME)) {
            Sample prompt = new Sample(new int[] {3, 1, 4, 1, 5, 9, 2, 6}, new boolean[8], Map.of());
            int[] tokens = new Decoding(model, Sampler.greedy(Set.of()), Set.of(), TOKENS)
                    .answer(List.of(prompt), listener)
                    .getFirst();
            return Arrays.stream(tokens).boxed().toList();
        }
    }
}
