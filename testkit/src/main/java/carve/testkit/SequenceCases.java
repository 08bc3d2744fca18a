package carve.testkit;

import static carve.testkit.CaseList.name;
import static carve.testkit.CaseList.normal;
import static carve.testkit.CaseList.sequences;
import static carve.testkit.CaseList.uniform;

import carve.api.op.CausalConv;
import carve.api.op.ConvolvedScan;
import carve.api.op.DecayScan;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.testkit.FusedCase.Operand;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Cases of ops along positions: scans, attention, convolution. */
final class SequenceCases {
    private SequenceCases() {}

    static void convolvedScan(CaseList to, int positions) {
        List<Sequences> all = new ArrayList<>(sequences(positions));
        all.add(Sequences.whole(1, positions));
        for (Sequences sequences : all) {
            convolvedScan(to, new ConvolvedScan(sequences, 1, 1e-5, 0, Double.POSITIVE_INFINITY));
        }
        convolvedScan(to, new ConvolvedScan(Sequences.whole(1, positions), 2, 1e-5, 0.5, 1));
    }

    // 4 heads of width 5, of which two share keys and queries of width 13
    private static void convolvedScan(CaseList to, ConvolvedScan op) {
        int channels = 4 * 5 + 2 * 2 * 13;
        Sequences sequences = op.sequences();
        to.add(
                name(sequences.positions(), op),
                op,
                Tolerance.SCAN,
                normal("packed", sequences.batch(), sequences.positions(), 4 * 5 + channels + 4),
                normal("conv", channels, 1, 4),
                normal("conv-bias", channels),
                normal("dt_bias", 4),
                uniform("A_log", -2, 1, 4),
                normal("D", 4),
                normal("norm", 4 * 5),
                normal("conv-state", sequences.count(), channels, 3),
                normal("scan-state", sequences.count(), 4, 5, 13));
    }

    static void decayScan(CaseList to, int positions) {
        int[][] groups = {{4, 4, 4}, {4, 2, 2}, {2, 2, 4}, {1, 1, 1}};
        for (Sequences sequences : sequences(positions)) {
            for (int[] group : sequences.isPacked() || sequences.isPadded() ? new int[][] {{4, 2, 2}} : groups) {
                decayScan(to, sequences, group);
            }
        }
    }

    private static void decayScan(CaseList to, Sequences sequences, int[] groups) {
        int batch = sequences.batch();
        int positions = sequences.positions();
        Operand decay = uniform("g", -2, 0, batch, positions, 4);
        for (int i = 0; i < decay.values().length; i += 7) {
            decay.values()[i] = i % 3 == 0 ? -60 : 0; // forgets everything, forgets nothing
        }
        to.add(
                name(positions, sequences, Arrays.toString(groups)),
                new DecayScan(sequences),
                Tolerance.SCAN,
                normal("q", batch, positions, groups[0], 13),
                normal("k", batch, positions, groups[1], 13),
                normal("v", batch, positions, groups[2], 5),
                decay,
                uniform("w", 0, 1.5, batch, positions, 4),
                normal("state", sequences.count(), 4, 5, 13));
    }

    static void softmaxAttention(CaseList to, int positions) {
        for (Sequences sequences : sequences(positions)) {
            for (int groups : sequences.isPacked() || sequences.isPadded() ? new int[] {2} : new int[] {4, 2, 1}) {
                softmaxAttention(to, sequences, true, positions, groups, DType.F32);
            }
        }
        Sequences blank =
                Sequences.padded(positions, positions, (positions + 1) / 2).blank();
        softmaxAttention(to, blank, true, positions, 2, DType.F32);
        softmaxAttention(to, Sequences.whole(2, positions), false, positions, 2, DType.F32);
        softmaxAttention(
                to, Sequences.padded(positions, positions, (positions + 1) / 2), false, positions, 2, DType.F32);
        softmaxAttention(to, Sequences.whole(2, 1), true, positions, 2, DType.F32);
        softmaxAttention(to, Sequences.whole(2, 5), true, positions + 5, 2, DType.F32);
        softmaxAttention(to, Sequences.whole(2, 5), false, positions, 2, DType.F32);
        softmaxAttention(to, Sequences.whole(1, positions), true, positions, 2, DType.BF16);
        softmaxAttention(to, Sequences.whole(2, 1), true, positions, 2, DType.BF16);
    }

    private static void softmaxAttention(
            CaseList to, Sequences sequences, boolean causal, int keys, int groups, DType cache) {
        int batch = sequences.batch();
        int capacity = keys + (sequences.positions() == keys ? 0 : 3);
        double scale = 1 / Math.sqrt(13);
        to.add(
                name(keys, "causal=" + causal, sequences, "groups=" + groups, cache),
                new SoftmaxAttention(scale, causal, keys, sequences),
                Tolerance.SCAN,
                normal("q", batch, sequences.positions(), 4, 13),
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

    static void causalConv(CaseList to, int positions) {
        for (Sequences sequences : sequences(positions)) {
            for (int width : new int[] {4, 2}) {
                causalConv(to, sequences, width, true, DType.F32);
            }
        }
        causalConv(to, Sequences.whole(2, positions), 4, false, DType.F32);
        causalConv(to, Sequences.whole(2, positions), 1, true, DType.F32);
        causalConv(to, Sequences.whole(2, positions), 4, true, DType.BF16);
    }

    private static void causalConv(CaseList to, Sequences sequences, int width, boolean silu, DType weights) {
        to.add(
                name(sequences.positions(), sequences, "width=" + width, "silu=" + silu, weights),
                new CausalConv(silu, sequences),
                Tolerance.SCAN,
                normal("x", sequences.batch(), sequences.positions(), 13),
                normal("weight", weights, 13, 1, width),
                normal("bias", weights, 13),
                normal("state", sequences.count(), 13, width - 1));
    }
}
