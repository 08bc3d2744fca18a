package carve.api.model;

import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Optional;

/**
 * The input encoder of models for text: a table with one row for each token, parameter {@code tokens.weight}.
 *
 * @param vocabulary V, rows
 * @param hidden D, the width of a row
 * @param factor by which rows are multiplied
 */
public record TokenEmbedding(int vocabulary, int hidden, double factor) implements InputEncoder {
    /** Makes an encoder that gives rows as they are. */
    public TokenEmbedding(int vocabulary, int hidden) {
        this(vocabulary, hidden, 1);
    }

    @Override
    public List<ParamSpec> parameters() {
        return List.of(new ParamSpec("tokens.weight", Shape.of(vocabulary, hidden), Init.normal(0.02)));
    }

    @Override
    public Embeddings encode(Params p, ModelInputs modelInputs) {
        if (!modelInputs.media().isEmpty()) {
            throw new IllegalArgumentException("this model takes text alone, but was given "
                    + modelInputs.media().keySet());
        }
        Shape shape = Shape.of(
                modelInputs.sequenceLayout().batch(),
                modelInputs.sequenceLayout().positions());
        Tensor x = scaled(embed(p.get("tokens.weight"), shape, modelInputs.tokens()));
        return new Embeddings(zeroPadding(x, modelInputs.sequenceLayout()), modelInputs.sequenceLayout());
    }

    @Override
    public Optional<Tensor> embedTokens(Params p, Tensor tokens) {
        return Optional.of(scaled(lookup(p.get("tokens.weight"), tokens)));
    }

    private Tensor scaled(Tensor x) {
        return factor == 1 ? x : x.multiply(factor);
    }

    /** Returns F32 rows {@code (..., D)} of a table (V, D) for token ids {@code (...)} that are on its device. */
    public static Tensor lookup(Tensor table, Tensor tokens) {
        return table.gather(tokens).cast(DType.F32);
    }

    /** Returns x {@code (B, T, D)} with zeros for padding where {@link SequenceLayout#zeroPadding} asks for them. */
    public static Tensor zeroPadding(Tensor x, SequenceLayout rows) {
        return rows.zeroPadding()
                ? x.multiply(rows.paddingMask(x.device(), 0).reshape(rows.batch(), rows.positions(), 1))
                : x;
    }

    /** Returns F32 rows {@code (..., D)} of a table (V, D) for token ids of a shape. */
    public static Tensor embed(Tensor table, Shape shape, int... tokens) {
        for (int token : tokens) {
            if (token < 0 || token >= table.extent(0)) {
                throw new IllegalArgumentException(
                        "token %d is outside of the vocabulary of %d".formatted(token, table.extent(0)));
            }
        }
        return lookup(table, Tensors.of(table.device(), shape, tokens));
    }
}
