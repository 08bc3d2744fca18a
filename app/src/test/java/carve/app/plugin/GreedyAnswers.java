package carve.app.plugin;

import carve.api.config.SettingsNode;
import carve.api.data.Sample;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.runtime.catalog.Catalogs;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenGenerator;
import carve.testkit.SmallModels;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Lets a small model answer whose mixer comes from a plugin. */
final class GreedyAnswers {
    static final SettingsNode.Section NOTHING = new SettingsNode.Section(Map.of(), "test");

    private static final int TOKENS = 12;

    private GreedyAnswers() {}

    /** Returns the tokens that a model of two layers answers; the listener is told as they come. */
    static List<Integer> of(Catalogs catalogs, TokenGenerator.TokenListener tokenListener) {
        try (ReferenceDevice device = new ReferenceDevice();
                LoadedModel model =
                        SmallModels.decoder(device, 42, catalogs.mixerCatalog(), DecayPlugin.NAME, DecayPlugin.NAME)) {
            Sample prompt = new Sample(new int[] {3, 1, 4, 1, 5, 9, 2, 6}, new boolean[8], Map.of());
            int[] tokens = new TokenGenerator(model, Sampler.greedy(Set.of()), Set.of(), TOKENS)
                    .generate(List.of(prompt), tokenListener)
                    .getFirst();
            return Arrays.stream(tokens).boxed().toList();
        }
    }
}
