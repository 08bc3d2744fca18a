package carve.models.decoder.gguf;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorSource;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.tensor.Shape;
import carve.models.TensorMapping;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;

/**
 * The parameters of Mamba-2 as llama.cpp stores them: {@code ssm_a (H, 1)}, which is {@code -exp(A_log)}, {@code ssm_d (H, 1)},
 * {@code ssm_conv1d.weight (C, W)} and {@code ssm_norm.weight (G, I/G)}; with {@linkplain PaddedHeads heads of zeros} after the others.
 * Names are those of GGUF.
 *
 * @param padded the heads
 * @param stateWidth N
 * @param convWidth W
 */
record StoredMamba2(PaddedHeads padded, int stateWidth, int convWidth) {
    private static final String A = "ssm_a";
    private static final String D = "ssm_d";
    private static final String CONV = "ssm_conv1d.weight";
    private static final String NORM = "ssm_norm.weight";

    /** Returns how the layers of a model are stored; all that have Mamba-2 have the same extents. */
    static StoredMamba2 of(PaddedHeads padded, ModelSpec spec) {
        Block block = spec.layers().stream()
                .filter(one -> one.mixerSpec().name().equals(PaddedHeads.MIXER))
                .findFirst()
                .orElseThrow();
        Shape conv = block.mixer().parameters().stream()
                .filter(param -> param.name().equals("conv1d.weight"))
                .findFirst()
                .orElseThrow()
                .shape();
        int inner = padded.own().heads() * padded.own().headWidth();
        return new StoredMamba2(
                padded, (conv.extent(0) - inner) / (2 * padded.own().kvHeads()), conv.extent(2));
    }

    private int inner() {
        return padded.heads() * padded.own().headWidth();
    }

    private int channels() {
        return inner() + 2 * padded.groups() * stateWidth;
    }

    private static String part(String name) {
        return name.startsWith("blk.") ? name.split("\\.", 3)[2] : "";
    }

    TensorSource fromGguf(TensorSource file) {
        TensorMapping tensors = new TensorMapping(file);
        for (String name : file.names()) {
            switch (part(name)) {
                case A -> tensors.map(name, name, Shape.of(padded.heads()), a -> Math.log(negative(file, name, a)));
                case D -> tensors.reshape(name, name, Shape.of(padded.heads()));
                case CONV -> tensors.reshape(name, name, Shape.of(channels(), 1, convWidth));
                case NORM -> tensors.reshape(name, name, Shape.of(inner()));
                default -> tensors.rename(name, name);
            }
        }
        return tensors.source();
    }

    private static double negative(TensorSource file, String name, double a) {
        if (!(a < 0)) {
            throw new CheckpointException(
                    "%s: tensor '%s' must be negative throughout, holds %s".formatted(file, name, a));
        }
        return -a;
    }

    TensorSource toGguf(TensorSource checkpoint) {
        TensorSource all = withZeros(checkpoint);
        TensorMapping tensors = new TensorMapping(all);
        for (String name : all.names()) {
            switch (part(name)) {
                case A -> tensors.map(name, name, Shape.of(padded.heads(), 1), a -> -Math.exp(a));
                case D -> tensors.reshape(name, name, Shape.of(padded.heads(), 1));
                case CONV -> tensors.reshape(name, name, Shape.of(channels(), convWidth));
                case NORM -> tensors.reshape(name, name, Shape.of(padded.groups(), inner() / padded.groups()));
                default -> tensors.rename(name, name);
            }
        }
        return tensors.source();
    }

    private TensorSource withZeros(TensorSource checkpoint) {
        TensorMapping tensors = new TensorMapping(checkpoint);
        int own = padded.own().heads() * padded.own().headWidth();
        int ownGroups = padded.own().kvHeads() * stateWidth;
        int groups = padded.groups() * stateWidth;
        int heads = padded.own().heads();
        for (String name : checkpoint.names()) {
            switch (part(name)) {
                case "ssm_in.weight" ->
                    rows(tensors, name, new int[] {own, own, ownGroups, ownGroups, heads}, new int[] {
                        inner(), inner(), groups, groups, padded.heads()
                    });
                case CONV, "ssm_conv1d.bias" ->
                    rows(tensors, name, new int[] {own, ownGroups, ownGroups}, new int[] {inner(), groups, groups});
                case NORM -> rows(tensors, name, new int[] {own}, new int[] {inner()});
                case A, D, "ssm_dt.bias" -> rows(tensors, name, new int[] {heads}, new int[] {padded.heads()});
                case "ssm_out.weight" -> tensors.padColumns(name, name, inner());
                default -> tensors.rename(name, name);
            }
        }
        return tensors.source();
    }

    private static void rows(TensorMapping tensors, String name, int[] own, int[] all) {
        tensors.rows(name, name, Arrays.stream(all).sum(), order(own, all));
    }

    // sections one below the other, each with more rows at its end
    private static IntUnaryOperator order(int[] own, int[] all) {
        int[] rows = new int[Arrays.stream(all).sum()];
        int to = 0;
        int from = 0;
        for (int i = 0; i < all.length; i++) {
            for (int row = 0; row < all[i]; row++) {
                rows[to++] = row < own[i] ? from + row : -1;
            }
            from += own[i];
        }
        return row -> rows[row];
    }
}
