package carve.app.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.runtime.engine.Completion;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.Generator;
import carve.runtime.engine.PinnedState;
import carve.runtime.engine.Prompt;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
import carve.testkit.SmallModels;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The engine goes on from a synthetic state as from one that was computed, and does not compute the positions before it. */
final class SyntheticStateTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 10})
    void theEngineGoesOnFromIt(int depth) {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42);
                Generator generator = new Generator(model);
                PinnedState state = SyntheticState.pin(generator, model.spec(), depth)) {
            assertEquals(depth, state.position());
            assertEquals(model.spec().stateBytes(1, depth), state.bytes());
            Prompt prompt = Prompt.text(BenchTokens.tokens(model.spec(), depth + 2));
            Completion completion = generator.generate(
                    new GenerationRequest(prompt, Sampler.greedy(Set.of()), Set.of(), 3), TokenListener.NONE);
            assertEquals(depth, completion.prefill().cachedTokens());
            assertEquals(3, completion.generated().size());
        }
    }

    @Test
    void promptsAndAnswersAreTimedBehindIt() {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            for (Workload.Kind kind : Workload.Kind.values()) {
                for (int depth : new int[] {0, 1, 6}) {
                    try (WorkloadRunner runner = new WorkloadRunner(model, new Workload(kind, 5, depth, 2))) {
                        assertTrue(runner.run() > 0);
                    }
                }
            }
        }
    }
}
