package carve.distill.optimizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.stage.Optimizer;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.distill.TestParts;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** AdamW steps as PyTorch's does, with the official parameter groups. */
final class AdamWOptimizerTest {
    private static AdamWOptimizer of(String hocon) {
        return (AdamWOptimizer) TestParts.optimizer(hocon);
    }

    @Test
    void defaultsAreTheOfficialOnes() {
        AdamWOptimizer adam = of("type = adamw");
        assertEquals(
                "AdamWOptimizer[learningRate=0.001, beta1=0.9, beta2=0.999, epsilon=1.0E-8, weightDecay=0.05, noWeightDecay=[**bias**], weightDecayMinRank=0, groups=[]]",
                adam.toString());
    }

    @Test
    void everyKeyIsRead() {
        assertEquals(
                "AdamWOptimizer[learningRate=0.5, beta1=0.1, beta2=0.2, epsilon=0.3, weightDecay=0.4, noWeightDecay=[a.*, b], weightDecayMinRank=2, groups=[]]",
                of("type = adamw, learning-rate = 0.5, betas = [0.1, 0.2], epsilon = 0.3, weight-decay = 0.4, no-weight-decay = [\"a.*\", b],"
                                + " weight-decay-min-rank = 2")
                        .toString());
    }

    @Test
    void namesWithBiasDoNotDecay() {
        AdamWOptimizer adam = of("type = adamw");
        for (String name : List.of("conv1d.bias", "dt_bias", "A_log_bias")) {
            assertTrue(adam.noWeightDecay().matches("layers.3.mixer." + name), name);
        }
        for (String name : List.of("conv1d.weight", "g_norm.weight", "in_proj.weight")) {
            assertFalse(adam.noWeightDecay().matches("layers.3.mixer." + name), name);
        }
    }

    @Test
    void onlyMatricesDecayWhereSaid() {
        try (Device device = new ReferenceDevice()) {
            Optimizer adam = of("type = adamw, weight-decay = 0.5, no-weight-decay = [], weight-decay-min-rank = 2");
            for (Shape shape : List.of(Shape.of(2), Shape.of(2, 1), Shape.of(2, 1, 1))) {
                Tensor zeros = Tensors.zeros(device, shape);
                float[] after = adam.step("w", Tensors.full(device, shape, 1), zeros, List.of(zeros, zeros), 0.1, 1)
                        .getFirst()
                        .floats();
                assertEquals(shape.rank() < 2 ? 1 : 0.95f, after[0], 1e-6f, shape.toString());
            }
        }
    }

    // torch.optim.AdamW(lr=0.1, weight_decay=0.5) on p = [1, -2] with gradients [0.5, 4], then [1, -1]; by hand in
    // float64
    @Test
    void twoStepsAreThoseOfTheFormula() {
        try (Device device = new ReferenceDevice()) {
            Optimizer adam = of("type = adamw, weight-decay = 0.5");
            Tensor zeros = Tensors.zeros(device, Shape.of(2));
            List<Tensor> one = adam.step(
                    "w",
                    Tensors.of(device, Shape.of(2), 1f, -2f),
                    Tensors.of(device, Shape.of(2), 0.5f, 4f),
                    List.of(zeros, zeros),
                    0.1,
                    1);
            assertArrayEquals(new float[] {0.85f, -2f}, one.get(0).floats(), 1e-6f);
            List<Tensor> two = adam.step(
                    "w", one.get(0), Tensors.of(device, Shape.of(2), 1f, -1f), List.of(one.get(1), one.get(2)), 0.1, 2);
            double[] expected = new double[2];
            double[][] gradients = {{0.5, 1}, {4, -1}};
            double[] start = {0.85, -2};
            for (int i = 0; i < 2; i++) {
                double mean = 0.9 * 0.1 * gradients[i][0] + 0.1 * gradients[i][1];
                double square =
                        0.999 * 0.001 * gradients[i][0] * gradients[i][0] + 0.001 * gradients[i][1] * gradients[i][1];
                double root = Math.sqrt(square / (1 - 0.999 * 0.999)) + 1e-8;
                expected[i] = start[i] * (1 - 0.1 * 0.5) - 0.1 * mean / (1 - 0.81) / root;
            }
            assertArrayEquals(
                    expected, new double[] {two.get(0).floats()[0], two.get(0).floats()[1]}, 1e-6);
        }
    }

    @Test
    void wrongSettingsAreRefused() {
        assertEquals(
                "recipe: 1: key 'betas' must be two numbers from 0 to below 1, is [0.9]",
                assertThrows(SettingsException.class, () -> of("type = adamw, betas = [0.9]"))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'learning-rate' must be zero or more, is -1.0",
                assertThrows(SettingsException.class, () -> of("type = adamw, learning-rate = -1"))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'weight-decay-min-rank' must be zero or more, is -1",
                assertThrows(SettingsException.class, () -> of("type = adamw, weight-decay-min-rank = -1"))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'no-weight-decay' has an invalid glob: glob '{': '{' without '}'",
                assertThrows(SettingsException.class, () -> of("type = adamw, no-weight-decay = [\"{\"]"))
                        .getMessage());
    }

    private static final String GROUPS =
            "type = adamw, learning-rate = 0.01, weight-decay = 0, groups = [{ match = [\"**attn**\"], learning-rate = 0.1,"
                    + " betas = [0.5, 0.6], weight-decay = 0.5 }, { match = [\"**.late.**\"], learning-rate = 0.2 }]";

    @Test
    void theFirstGroupThatMatchesCounts() {
        assertEquals(
                new AdamWOptimizer(
                                0.01,
                                0.9,
                                0.999,
                                1e-8,
                                0,
                                of(GROUPS).noWeightDecay(),
                                0,
                                List.of(
                                        new ParamGroup(
                                                of(GROUPS).groups().getFirst().match(), 0.1, 0.5, 0.6, 0.5),
                                        new ParamGroup(
                                                of(GROUPS).groups().getLast().match(), 0.2, 0.9, 0.999, 0)))
                        .toString(),
                of(GROUPS).toString());
        // the first step moves by the rate, and decays by rate times decay; half the peak rate is given
        assertEquals(1 - 0.05f - 0.5f * 0.05f, moved("layers.1.attn.late.weight"), 1e-6f);
        assertEquals(1 - 0.1f, moved("layers.1.late.weight"), 1e-6f);
        assertEquals(1 - 0.005f, moved("layers.1.mlp.weight"), 1e-6f);
    }

    private static float moved(String name) {
        try (Device device = new ReferenceDevice()) {
            Tensor zeros = Tensors.zeros(device, Shape.of(1));
            Tensor one = Tensors.full(device, Shape.of(1), 1);
            return of(GROUPS)
                    .step(name, one, one, List.of(zeros, zeros), 0.005, 1)
                    .getFirst()
                    .floats()[0];
        }
    }

    @Test
    void groupsThatHoldNothingAreNamed() {
        assertEquals(List.of("[**.late.**]"), of(GROUPS).unusedGroups(Set.of("a.attn.b", "a.attn.late.b", "c")));
        assertEquals(List.of(), of(GROUPS).unusedGroups(Set.of("a.attn.b", "a.late.b")));
    }

    @Test
    void wrongGroupsAreRefused() {
        assertEquals(
                "recipe: 1: key 'match' must name the parameters of the group, such as [\"**attn**\"], is empty",
                assertThrows(SettingsException.class, () -> of("type = adamw, groups = [{ match = [] }]"))
                        .getMessage());
        assertEquals(
                "recipe: 1: key 'learning-rate' must be positive, is 0.0; exclude the parameters from 'train' instead",
                assertThrows(
                                SettingsException.class,
                                () -> of("type = adamw, groups = [{ match = [a], learning-rate = 0 }]"))
                        .getMessage());
    }
}
