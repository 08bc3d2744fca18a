package carve.testkit;

import static carve.testkit.FusedOpCaseBuilder.name;
import static carve.testkit.FusedOpCaseBuilder.normal;
import static carve.testkit.FusedOpCaseBuilder.sequences;
import static carve.testkit.FusedOpCaseBuilder.uniform;

import carve.api.op.CausalConv;
import carve.api.op.CombinedConvScan;
import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.testkit.FusedOpCase.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cases of ops along positions: scans, attention, convolution. */
final class SequenceOpCases {
    private SequenceOpCases() {}

    static void convolvedScan(FusedOpCaseBuilder to, int positions) {
        List<SequenceLayout> all = new ArrayList<>(sequences(positions));
        all.add(SequenceLayout.unpadded(1, positions));
        for (SequenceLayout sequenceLayout : all) {
            convolvedScan(to, new CombinedConvScan(sequenceLayout, 1, 1e-5, 0, Double.POSITIVE_INFINITY));
        }
        convolvedScan(to, new CombinedConvScan(SequenceLayout.unpadded(1, positions), 2, 1e-5, 0.5, 1));
    }

    // 4 heads of width 5, of which two share keys and queries of width 13
    private static void convolvedScan(FusedOpCaseBuilder to, CombinedConvScan op) {
        int channels = 4 * 5 + 2 * 2 * 13;
        SequenceLayout sequenceLayout = op.sequenceLayout();
        to.add(
                name(sequenceLayout.positions(), op),
                op,
                Tolerance.SCAN,
                normal("packed", sequenceLayout.batch(), sequenceLayout.positions(), 4 * 5 + channels + 4),
                normal("conv", channels, 1, 4),
                normal("conv-bias", channels),
                normal("dt_bias", 4),
                uniform("A_log", -2, 1, 4),
                normal("D", 4),
                normal("norm", 4 * 5),
                normal("conv-state", sequenceLayout.count(), channels, 3),
                normal("scan-state", sequenceLayout.count(), 4, 5, 13));
    }

    static void decayScan(FusedOpCaseBuilder to, int positions) {
        int[][] groups = {{4, 4, 4}, {4, 2, 2}, {2, 2, 4}, {1, 1, 1}};
        for (SequenceLayout sequenceLayout : sequences(positions)) {
            for (int[] group :
                    sequenceLayout.isPacked() || sequenceLayout.isPadded() ? new int[][] {{4, 2, 2}} : groups) {
                decayScan(to, sequenceLayout, group);
            }
        }
    }

    private static void decayScan(FusedOpCaseBuilder to, SequenceLayout sequenceLayout, int[] groups) {
        int batch = sequenceLayout.batch();
        int positions = sequenceLayout.positions();
        Operand decay = uniform("g", -2, 0, batch, positions, 4);
        for (int i = 0; i < decay.values().length; i += 7) {
            decay.values()[i] = i % 3 == 0 ? -60 : 0; // forgets everything, forgets nothing
        }
        to.add(
                name(positions, sequenceLayout, Arrays.toString(groups)),
                new DecayScan(sequenceLayout),
                Tolerance.SCAN,
                normal("q", batch, positions, groups[0], 13),
                normal("k", batch, positions, groups[1], 13),
                normal("v", batch, positions, groups[2], 5),
                decay,
                uniform("w", 0, 1.5, batch, positions, 4),
                normal("state", sequenceLayout.count(), 4, 5, 13));
    }

    static void softmaxAttention(FusedOpCaseBuilder to, int positions) {
        for (SequenceLayout sequenceLayout : sequences(positions)) {
            for (int groups :
                    sequenceLayout.isPacked() || sequenceLayout.isPadded() ? new int[] {2} : new int[] {4, 2, 1}) {
                softmaxAttention(to, sequenceLayout, true, positions, groups, DType.F32);
            }
        }
        SequenceLayout blank =
                SequenceLayout.padded(positions, positions, (positions + 1) / 2).withZeroPadding();
        softmaxAttention(to, blank, true, positions, 2, DType.F32);
        softmaxAttention(to, SequenceLayout.unpadded(2, positions), false, positions, 2, DType.F32);
        softmaxAttention(
                to, SequenceLayout.padded(positions, positions, (positions + 1) / 2), false, positions, 2, DType.F32);
        softmaxAttention(to, SequenceLayout.unpadded(2, 1), true, positions, 2, DType.F32);
        softmaxAttention(to, SequenceLayout.unpadded(2, 5), true, positions + 5, 2, DType.F32);
        softmaxAttention(to, SequenceLayout.unpadded(2, 5), false, positions, 2, DType.F32);
        softmaxAttention(to, SequenceLayout.unpadded(1, positions), true, positions, 2, DType.BF16);
        softmaxAttention(to, SequenceLayout.unpadded(2, 1), true, positions, 2, DType.BF16);
        attentionForms(to, positions);
    }

    // windows of one position, of some, and of all; caps that matter; sinks of which some outweigh the keys
    private static void attentionForms(FusedOpCaseBuilder to, int positions) {
        List<SequenceLayout> layouts = new ArrayList<>(sequences(positions));
        layouts.add(
                SequenceLayout.padded(positions, positions, (positions + 1) / 2).withZeroPadding());
        for (SequenceLayout layout : layouts) {
            for (int window : new int[] {1, 5, 70}) {
                attentionForm(to, new SoftmaxAttention(0.3, true, window, 0, positions, layout), false, DType.F32);
            }
            attentionForm(to, new SoftmaxAttention(0.3, true, 0, 1.5, positions, layout), false, DType.F32);
            attentionForm(to, new SoftmaxAttention(0.3, true, 0, 0, positions, layout), true, DType.F32);
            attentionForm(to, new SoftmaxAttention(0.3, true, 9, 0.7, positions, layout), true, DType.F32);
        }
        attentionForm(to, unpadded(2, false, 0, 1.5, positions), true, DType.F32);
        attentionForm(to, unpadded(1, true, 33, 1.5, positions + 9), true, DType.F32);
        attentionForm(to, unpadded(1, true, 33, 1.5, positions + 9), true, DType.BF16);
        attentionForm(to, unpadded(3, true, 2, 0, positions + 9), false, DType.F32);
        attentionForm(to, unpadded(3, true, 150, 0, positions + 9), true, DType.F32);
        attentionForm(to, unpadded(6, true, 40, 0, positions + 9), true, DType.BF16);
    }

    private static SoftmaxAttention unpadded(int queries, boolean causal, int window, double cap, int keys) {
        return new SoftmaxAttention(0.3, causal, window, cap, keys, SequenceLayout.unpadded(2, queries));
    }

    private static void attentionForm(FusedOpCaseBuilder to, SoftmaxAttention op, boolean sinks, DType cache) {
        int batch = op.sequenceLayout().batch();
        int capacity = op.keys() + (op.sequenceLayout().positions() == op.keys() ? 0 : 3);
        List<Operand> operands = new ArrayList<>(List.of(
                normal("q", batch, op.sequenceLayout().positions(), 4, 13),
                cache("k", cache, op.keys(), batch, capacity, 2, 13),
                cache("v", cache, op.keys(), batch, capacity, 2, 5)));
        if (sinks) {
            operands.add(uniform("sinks", -2, 4, 4));
        }
        to.add(name(op.keys(), op, "sinks=" + sinks, cache), op, Tolerance.SCAN, operands.toArray(Operand[]::new));
    }

    private static void softmaxAttention(
            FusedOpCaseBuilder to, SequenceLayout sequenceLayout, boolean causal, int keys, int groups, DType cache) {
        int batch = sequenceLayout.batch();
        int capacity = keys + (sequenceLayout.positions() == keys ? 0 : 3);
        double scale = 1 / Math.sqrt(13);
        to.add(
                name(keys, "causal=" + causal, sequenceLayout, "groups=" + groups, cache),
                new SoftmaxAttention(scale, causal, keys, sequenceLayout),
                Tolerance.SCAN,
                normal("q", batch, sequenceLayout.positions(), 4, 13),
                cache("k", cache, keys, batch, capacity, groups, 13),
                cache("v", cache, keys, batch, capacity, groups, 5));
    }

    // what is beyond the keys is NaN: capacity that nobody has written, and nobody may read
    private static Operand cache(String name, DType dtype, int keys, int... extents) {
        Operand cache = normal(name, dtype, extents);
        int row = extents[2] * extents[3];
        for (int i = 0; i < cache.values().length; i++) {
            if (i / row % extents[1] >= keys) {
                cache.values()[i] = Double.NaN;
            }
        }
        return cache;
    }

    static void causalConv(FusedOpCaseBuilder to, int positions) {
        for (SequenceLayout sequenceLayout : sequences(positions)) {
            for (int width : new int[] {4, 2}) {
                causalConv(to, sequenceLayout, width, true, DType.F32);
            }
        }
        causalConv(to, SequenceLayout.unpadded(2, positions), 4, false, DType.F32);
        causalConv(to, SequenceLayout.unpadded(2, positions), 1, true, DType.F32);
        causalConv(to, SequenceLayout.unpadded(2, positions), 4, true, DType.BF16);
    }

    private static void causalConv(
            FusedOpCaseBuilder to, SequenceLayout sequenceLayout, int width, boolean silu, DType weights) {
        to.add(
                name(sequenceLayout.positions(), sequenceLayout, "width=" + width, "silu=" + silu, weights),
                new CausalConv(silu, sequenceLayout),
                Tolerance.SCAN,
                normal("x", sequenceLayout.batch(), sequenceLayout.positions(), 13),
                normal("weight", weights, 13, 1, width),
                normal("bias", weights, 13),
                normal("state", sequenceLayout.count(), 13, width - 1));
    }
}
