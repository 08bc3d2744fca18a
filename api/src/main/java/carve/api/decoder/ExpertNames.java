package carve.api.decoder;

import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The names of the tensors of experts in a checkpoint, relative to a layer. */
public sealed interface ExpertNames {
    /** Tensors of each expert, as DeepSeek and Qwen name them. */
    ExpertNames PER_EXPERT = new PerExpert("mlp.experts.{e}.", "gate_proj", "up_proj", "down_proj");

    /**
     * Tensors of each expert.
     *
     * @param prefix the prefix of an expert's names, with <code>{e}</code> for its number
     * @param gate the module of the gate
     * @param up the module of the value
     * @param down the module of the result
     */
    record PerExpert(String prefix, String gate, String up, String down) implements ExpertNames {
        @Override
        public List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params) {
            List<NameRule> rules = new ArrayList<>();
            params.forEach((name, param) -> {
                String tensors = checkpoint + prefix + moduleOf(name, gate, up, down);
                rules.add(NameRule.stacked(tensors, model + name, param.shape().extent(0)));
            });
            return rules;
        }
    }

    /**
     * One tensor for all experts of each module, {@code (E, I, D)} or {@code (E, D, I)}, as GGUF files have it.
     *
     * @param gate the module of the gate
     * @param up the module of the value
     * @param down the module of the result
     */
    record Stacked(String gate, String up, String down) implements ExpertNames {
        @Override
        public List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params) {
            return params.keySet().stream()
                    .map(name -> NameRule.rename(checkpoint + moduleOf(name, gate, up, down), model + name))
                    .toList();
        }
    }

    /**
     * One tensor {@code (E, 2 I, D)} of gates and values of all experts, and one {@code (E, D, I)} of results.
     *
     * @param gateUp the name of the former, without a bias
     * @param down the name of the latter, without a bias
     */
    record Fused(String gateUp, String down) implements ExpertNames {
        @Override
        public List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params) {
            int rows = params.get(GATE + ".weight").shape().extent(1);
            return List.of(
                    NameRule.interleaved(
                            checkpoint + gateUp,
                            1,
                            1,
                            new Part(model + GATE + ".weight", rows),
                            new Part(model + UP + ".weight", rows)),
                    NameRule.rename(checkpoint + down, model + DOWN + ".weight"));
        }
    }

    /**
     * One tensor {@code (E, I, D)} of gates, one of values, and one {@code (E, D, I)} of results of all experts, as GGUF files have
     * them.
     *
     * @param gate the module of the gates
     * @param up the module of the values
     * @param down the module of the results
     */
    record Separate(String gate, String up, String down) implements ExpertNames {
        @Override
        public List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params) {
            return params.keySet().stream()
                    .map(name -> NameRule.rename(checkpoint + name(name), model + name))
                    .toList();
        }

        private String name(String parameter) {
            int dot = parameter.lastIndexOf('.');
            String module = switch (parameter.substring(0, dot)) {
                case GATE -> gate;
                case UP -> up;
                default -> down;
            };
            return module + parameter.substring(dot);
        }
    }

    /**
     * Tensors of gpt-oss: {@code (E, D, 2 I)}, whose columns are gate and value in turn, and {@code (E, I, D)}, with biases
     * {@code (E, 2 I)} and {@code (E, D)} under the same names and {@code _bias}.
     *
     * @param gateUp the name of the former
     * @param down the name of the latter
     */
    record Columns(String gateUp, String down) implements ExpertNames {
        @Override
        public List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params) {
            int pairs = params.get(GATE + ".weight").shape().extent(1);
            return List.of(
                    pairs(checkpoint + gateUp, model, ".weight", pairs).transposed(),
                    pairs(checkpoint + gateUp + "_bias", model, ".bias", pairs),
                    NameRule.rename(checkpoint + down, model + DOWN + ".weight").transposed(),
                    NameRule.rename(checkpoint + down + "_bias", model + DOWN + ".bias"));
        }

        private static NameRule pairs(String name, String model, String end, int pairs) {
            return NameRule.interleaved(name, 1, pairs, new Part(model + GATE + end, 1), new Part(model + UP + end, 1));
        }
    }

    /** The module of gates, by Carve's names. */
    String GATE = "mlp.experts.gate";

    /** The module of values, by Carve's names. */
    String UP = "mlp.experts.up";

    /** The module of results, by Carve's names. */
    String DOWN = "mlp.experts.down";

    // a parameter's name, with another one of its module
    private static String moduleOf(String parameter, String gate, String up, String down) {
        int dot = parameter.lastIndexOf('.');
        String module = switch (parameter.substring(0, dot)) {
            case GATE -> gate;
            case UP -> up;
            default -> down;
        };
        return module + parameter.substring(dot);
    }

    /**
     * Returns the rules of the experts of a layer.
     *
     * @param checkpoint the prefix of the layer in the checkpoint
     * @param model the prefix of the layer in the model
     * @param params the parameters of the experts, by their names in the layer
     */
    List<NameRule> rules(String checkpoint, String model, Map<String, ParamSpec> params);
}
