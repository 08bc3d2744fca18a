package carve.app.plugin;

import carve.api.config.SettingsNode;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.runtime.catalog.Catalogs;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
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
    static List<Integer> of(Catalogs catalogs, TokenListener listener) {
        try (ReferenceDevice device = new ReferenceDevice();
                LoadedModel model =
                        SmallModels.decoder(device, 42, catalogs.mixerCatalog(), DecayPlugin.NAME, DecayPlugin.NAME)) {
            GenerationRequest request = new GenerationRequest(
                    Prompt.text(3, 1, 4, 1, 5, 9, 2, 6), Sampler.greedy(Set.of()), Set.of(), TOKENS);
            try (Generator generator = new Generator(model)) {
                return Arrays.stream(generator.generate(request, listener).tokens())
                        .boxed()
                        .toList();
            }
        }
    }
}
