package carve.testkit;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/** What {@link KernelContract} tries: every fused op that comes with Carve, at a number of positions T. */
final class FusedCases {
    private static final Map<String, BiConsumer<CaseList, Integer>> OPS = ops();

    private FusedCases() {}

    private static Map<String, BiConsumer<CaseList, Integer>> ops() {
        Map<String, BiConsumer<CaseList, Integer>> ops = new LinkedHashMap<>();
        ops.put("adamw", RowCases::adamW);
        ops.put("causal-conv", SequenceCases::causalConv);
        ops.put("convolved-scan", SequenceCases::convolvedScan);
        ops.put("cross-entropy", RowCases::crossEntropy);
        ops.put("decay-scan", SequenceCases::decayScan);
        ops.put("gated-rms-norm", RowCases::gatedRmsNorm);
        ops.put("gelu", RowCases::gelu);
        ops.put("kl-divergence", RowCases::klDivergence);
        ops.put("layer-norm", RowCases::layerNorm);
        ops.put("linear", RowCases::linear);
        ops.put("rms-norm", RowCases::rmsNorm);
        ops.put("rope", RowCases::rope);
        ops.put("sample-token", RowCases::sampleToken);
        ops.put("softmax-attention", SequenceCases::softmaxAttention);
        ops.put("swiglu", RowCases::swiGlu);
        return ops;
    }

    /** Returns the names of the ops. */
    static List<String> names() {
        return List.copyOf(OPS.keySet());
    }

    /** Returns the cases of an op for T positions; the first is whole rows of F32. */
    static List<FusedCase> of(String op, int positions) {
        CaseList to = new CaseList();
        OPS.get(op).accept(to, positions);
        return to.cases();
    }
}
