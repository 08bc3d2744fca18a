package carve.testkit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** The cases of {@link KernelContract}: every fused op that comes with Carve, at a number of positions T. */
final class FusedOpCases {
    private static final Map<String, BiConsumer<FusedOpCaseBuilder, Integer>> OPS = ops();

    private FusedOpCases() {}

    private static Map<String, BiConsumer<FusedOpCaseBuilder, Integer>> ops() {
        Map<String, BiConsumer<FusedOpCaseBuilder, Integer>> ops = new LinkedHashMap<>();
        ops.put("adamw", RowwiseOpCases::adamW);
        ops.put("causal-conv", SequenceOpCases::causalConv);
        ops.put("clamped-swiglu", ExpertOpCases::clampedSwiGlu);
        ops.put("convolved-scan", SequenceOpCases::convolvedScan);
        ops.put("cross-entropy", RowwiseOpCases::crossEntropy);
        ops.put("decay-scan", SequenceOpCases::decayScan);
        ops.put("gated-rms-norm", RowwiseOpCases::gatedRmsNorm);
        ops.put("gelu", RowwiseOpCases::gelu);
        ops.put("grouped-linear", ExpertOpCases::groupedLinear);
        ops.put("kl-divergence", RowwiseOpCases::klDivergence);
        ops.put("layer-norm", RowwiseOpCases::layerNorm);
        ops.put("linear", RowwiseOpCases::linear);
        ops.put("rms-norm", RowwiseOpCases::rmsNorm);
        ops.put("rope", RowwiseOpCases::rope);
        ops.put("sample-token", RowwiseOpCases::sampleToken);
        ops.put("softmax-attention", SequenceOpCases::softmaxAttention);
        ops.put("swiglu", RowwiseOpCases::swiGlu);
        ops.put("top-k-routing", ExpertOpCases::topKRouting);
        return ops;
    }

    /** Returns the names of the ops. */
    static List<String> names() {
        return List.copyOf(OPS.keySet());
    }

    /** Returns the cases of an op for T positions; the first is whole rows of F32. */
    static List<FusedOpCase> of(String op, int positions) {
        FusedOpCaseBuilder to = new FusedOpCaseBuilder();
        OPS.get(op).accept(to, positions);
        return to.cases();
    }
}
