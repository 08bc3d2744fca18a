package carve.api.decoder;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The rules that map a decoder's checkpoint to its parameters.
 *
 * <p>Mixers that are not attention have names of their own: {@code mamba-in-llama} is under {@code mamba.}, its projections
 * concatenated in {@code mamba.in_proj}, as in the official hybrids; any other is under {@code mixer.} with its own names.
 */
final class DecoderNameRules {
    private static final List<String> PREDICTION =
            List.of("embed_tokens", "enorm", "hnorm", "eh_proj", "shared_head.norm", "shared_head.head");
    private static final String EXPERTS = "mlp.experts.";
    private static final List<String> SCALARS = List.of("dt_bias", "A_log", "D");
    private static final List<String> MAMBA = List.of("z", "x", "B", "C", "dt");
    private static final Set<String> PROJECTIONS = Set.of("q_proj", "k_proj", "v_proj", "o_proj");
    private static final Set<String> ATTENTION =
            Set.of("q_proj", "k_proj", "v_proj", "o_proj", "q_norm", "k_norm", "sinks");

    private final DecoderNames names;
    private final String prefix;
    private final List<NameRule> rules = new ArrayList<>();

    DecoderNameRules(DecoderNames names, String prefix) {
        this.names = names;
        this.prefix = prefix;
    }

    List<NameRule> of(ModelSpec spec) {
        add(NameRule.rename(prefix + names.tokens() + ".weight", "input.tokens.weight"));
        if (spec.positions().exists()) {
            add(NameRule.rename(prefix + names.positions() + ".weight", "positions.weight"));
        }
        for (int i = 0; i < spec.layers().size(); i++) {
            layer(i, spec.layers().get(i));
        }
        for (int i = 0; i < names.unreadLayers(); i++) {
            unreadLayer(spec.layers().size() + i, spec.layers().getLast());
        }
        for (ParamSpec param : spec.finalNorm().parameters()) {
            add(NameRule.rename(prefix + names.finalNorm() + "." + param.name(), "final_norm." + param.name()));
        }
        String head = prefix + names.head();
        add(spec.head().tied() ? NameRule.keep(head + ".weight") : NameRule.rename(head + ".weight", "output.weight"));
        if (spec.head().bias()) {
            add(NameRule.rename(head + ".bias", "output.bias"));
        }
        for (String name : names.unread()) {
            add(NameRule.keep(prefix + names.layer() + name)
                    .forIndices(0, spec.layers().size()));
        }
        return rules;
    }

    private void add(NameRule rule) {
        rules.add(rule);
    }

    // in the order of the official modules, by which large checkpoints are cut into files
    private void layer(int index, Block block) {
        String checkpoint = prefix + names.layer().replace("{i}", Integer.toString(index));
        String model = ModelSpec.layerPrefix(index) + ".";
        Map<String, ParamSpec> params = new LinkedHashMap<>();
        block.parameters().forEach(param -> params.put(param.name(), param));
        List<String> mixer = params.keySet().stream()
                .filter(name -> name.startsWith("mixer."))
                .toList();
        if (!isAttention(mixer)) {
            mixer.forEach(params::remove);
            ownMixer(checkpoint, model + "mixer.", block);
        }
        Map<String, ParamSpec> experts = new LinkedHashMap<>(params);
        experts.keySet().removeIf(name -> !name.startsWith(EXPERTS));
        Set<String> done = new HashSet<>();
        for (ParamSpec param : ordered(params)) {
            if (param.name().startsWith(EXPERTS) && done.addAll(experts.keySet())) {
                names.experts().rules(checkpoint, model, experts).forEach(this::add);
            } else if (!done.contains(param.name())) {
                done.addAll(rule(checkpoint, model, block, param, params));
            }
        }
    }

    // a layer as the last one, with an embedding and an output of its own (DeepSeek-AI 2024, arXiv:2412.19437, section
    // 2.2)
    private void unreadLayer(int index, Block block) {
        DecoderNameRules own = new DecoderNameRules(names, prefix);
        own.layer(index, block);
        NameMap.of(own.rules).checkpointNames().forEach(name -> add(NameRule.keep(name)));
        String checkpoint = prefix + names.layer().replace("{i}", Integer.toString(index));
        PREDICTION.forEach(name -> add(NameRule.keep(checkpoint + name + ".weight")));
    }

    private static List<ParamSpec> ordered(Map<String, ParamSpec> params) {
        List<ParamSpec> inner = new ArrayList<>();
        List<ParamSpec> norms = new ArrayList<>();
        params.forEach(
                (name, param) -> (name.contains("_norm.") && !name.startsWith("mixer.") ? norms : inner).add(param));
        inner.addAll(norms);
        return inner;
    }

    private static boolean isAttention(List<String> mixer) {
        List<String> modules =
                mixer.stream().map(name -> name.split("\\.")[1]).distinct().toList();
        return modules.containsAll(PROJECTIONS) && ATTENTION.containsAll(modules) || modules.contains("kv_b_proj");
    }

    // returns the parameters that the rule is for
    private Set<String> rule(
            String checkpoint, String model, Block block, ParamSpec param, Map<String, ParamSpec> params) {
        int dot = param.name().lastIndexOf('.');
        String module = dot < 0 ? param.name() : param.name().substring(0, dot);
        String end = dot < 0 ? "" : param.name().substring(dot);
        Optional<DecoderNames.Fused> fused = names.fused().stream()
                .filter(one -> one.modules().contains(module)
                        && one.modules().stream().allMatch(part -> params.containsKey(part + end)))
                .findFirst();
        boolean transposed =
                names.transposed() && end.equals(".weight") && param.shape().rank() == 2;
        if (fused.isEmpty()) {
            NameRule rule = NameRule.rename(checkpoint + names.name(module) + end, model + param.name());
            add(transposed ? rule.transposed() : rule);
            return Set.of(param.name());
        }
        DecoderNames.Fused one = fused.get();
        int groups = one.grouped() ? block.config().kvHeads() : 1;
        Part[] parts = one.modules().stream()
                .map(part -> new Part(
                        model + part + end, params.get(part + end).shape().extent(0) / groups))
                .toArray(Part[]::new);
        String name = checkpoint + one.name() + end;
        NameRule rule = one.grouped() ? NameRule.interleaved(name, groups, parts) : NameRule.concatenated(name, parts);
        add(transposed ? rule.transposed() : rule);
        Set<String> all = new HashSet<>();
        one.modules().forEach(part -> all.add(part + end));
        return all;
    }

    private void ownMixer(String checkpoint, String model, Block block) {
        Map<String, ParamSpec> params = new LinkedHashMap<>();
        block.mixer().parameters().forEach(param -> params.put(param.name(), param));
        if (params.containsKey("in_proj.z.weight")) {
            mamba(checkpoint + "mamba.", model, params);
        } else {
            String mixer = block.mixerSpec().name();
            params.keySet().forEach(name -> add(NameRule.rename(checkpoint + names.mixer(mixer, name), model + name)));
        }
    }

    private void mamba(String checkpoint, String model, Map<String, ParamSpec> params) {
        SCALARS.forEach(name -> add(NameRule.rename(checkpoint + name, model + name)));
        for (String end : List.of(".weight", ".bias")) {
            List<Part> packed = MAMBA.stream()
                    .map(part -> "in_proj." + part + end)
                    .filter(params::containsKey)
                    .map(name -> new Part(model + name, params.get(name).shape().extent(0)))
                    .toList();
            if (!packed.isEmpty()) {
                add(NameRule.concatenated(checkpoint + "in_proj" + end, packed.toArray(Part[]::new)));
            }
        }
        params.keySet().stream()
                .filter(name -> !name.startsWith("in_proj.") && !SCALARS.contains(name))
                .forEach(name -> add(NameRule.rename(checkpoint + name, model + name)));
    }
}
