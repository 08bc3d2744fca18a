package carve.models.hovle;

import carve.api.model.Activation;
import carve.api.model.InputEncoder;
import carve.api.model.ModelInputs;
import carve.api.model.TokenEmbedding;
import carve.api.op.Linear;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The input of HoVLE's first layer (arXiv:2412.16158; the authors' code): token embeddings, in which image tokens are
 * replaced, in order, by the projected patches of {@code pixel_values (N, 3, S, S)}, N tiles.
 *
 * <p>Parameters: {@code tokens.weight}, {@code special.weight} for ids beyond it, {@code patch.weight (D, 3, p, p)} and
 * {@code patch.bias}, {@code position (1, 1 + grid^2, D)}, whose first row is not used, and the projector {@code
 * projector.0.*} and {@code projector.2.*}. Parameters are initialised so that tokens and patches reach the first layer
 * at the scale of what layers add to them. With the smaller values that large models use, a small model does not learn
 * to recall.
 */
record HovleInputEncoder(
        int hidden, int textVocabulary, int specialTokens, int imageTokenId, int patch, int grid, int shuffleFactor)
        implements InputEncoder {
    static final String PIXELS = "pixel_values";

    static HovleInputEncoder of(HovleConfig config) {
        return new HovleInputEncoder(
                config.embedding().integer("hidden_size"),
                config.textVocabulary(),
                config.specialTokens(),
                config.imageToken(),
                config.patchSize(),
                config.grid(),
                config.shuffle());
    }

    @Override
    public List<ParamSpec> parameters() {
        int pixels = 3 * patch * patch;
        int merged = hidden * shuffleFactor * shuffleFactor;
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("tokens.weight", Shape.of(textVocabulary, hidden), Init.normal(1)));
        if (specialTokens > 0) {
            specs.add(new ParamSpec("special.weight", Shape.of(specialTokens, hidden), Init.normal(1)));
        }
        specs.add(new ParamSpec("patch.weight", Shape.of(hidden, 3, patch, patch), Init.fanIn(pixels)));
        specs.add(new ParamSpec("patch.bias", Shape.of(hidden), Init.ZEROS));
        specs.add(new ParamSpec("position", Shape.of(1, 1 + grid * grid, hidden), Init.normal(0.5)));
        specs.add(new ParamSpec("projector.0.weight", Shape.of(hidden, merged), Init.fanIn(merged)));
        specs.add(new ParamSpec("projector.0.bias", Shape.of(hidden), Init.ZEROS));
        specs.add(new ParamSpec("projector.2.weight", Shape.of(hidden, hidden), Init.uniform(4 / Math.sqrt(hidden))));
        specs.add(new ParamSpec("projector.2.bias", Shape.of(hidden), Init.ZEROS));
        return List.copyOf(specs);
    }

    @Override
    public OptionalInt imageToken() {
        return OptionalInt.of(imageTokenId);
    }

    @Override
    public Embeddings encode(Params p, ModelInputs modelInputs) {
        Shape shape = Shape.of(
                modelInputs.sequenceLayout().batch(),
                modelInputs.sequenceLayout().positions());
        Tensor text = text(p, shape, modelInputs.tokens());
        Optional<Tensor> pixels = Optional.ofNullable(modelInputs.media().get(PIXELS));
        int[] places = IntStream.range(0, modelInputs.tokens().length)
                .filter(i -> modelInputs.tokens()[i] == imageTokenId)
                .toArray();
        int side = grid / shuffleFactor;
        if (pixels.isEmpty() && places.length == 0) {
            return new Embeddings(
                    TokenEmbedding.zeroPadding(text, modelInputs.sequenceLayout()), modelInputs.sequenceLayout());
        }
        Tensor vision = pixels.map(values -> vision(p, values))
                .orElseGet(() -> Tensors.zeros(text.device(), Shape.of(0, hidden)));
        if (vision.extent(0) != places.length) {
            throw new IllegalArgumentException(
                    ("%d image tokens (id %d), but %d tiles produce %d embeddings; expected %d image tokens "
                                    + "per tile")
                            .formatted(
                                    places.length,
                                    imageTokenId,
                                    pixels.map(x -> x.extent(0)).orElse(0),
                                    vision.extent(0),
                                    side * side));
        }
        Tensor all = splice(text, vision, places).reshape(text.shape());
        return new Embeddings(
                TokenEmbedding.zeroPadding(all, modelInputs.sequenceLayout()), modelInputs.sequenceLayout());
    }

    // rows of text embeddings, then of image embeddings, gathered in the order of positions
    private Tensor splice(Tensor text, Tensor vision, int[] places) {
        int rows = (int) (text.shape().size() / hidden);
        int[] source = IntStream.range(0, rows).toArray();
        for (int i = 0; i < places.length; i++) {
            source[places[i]] = rows + i;
        }
        Tensor both = Tensors.concat(0, List.of(text.reshape(rows, hidden), vision));
        return both.gather(Tensors.of(text.device(), Shape.of(rows), source));
    }

    /** Returns token embeddings {@code (B, T, D)}; ids beyond the first table are rows of the second. */
    Tensor text(Params p, Shape shape, int[] tokens) {
        Tensor table = p.get("tokens.weight");
        if (Arrays.stream(tokens).allMatch(token -> token < textVocabulary)) {
            return TokenEmbedding.embed(table, shape, tokens);
        }
        // look up in both tables and choose, since joining the tables would copy them
        Shape all = Shape.of(tokens.length);
        int[] words = Arrays.stream(tokens)
                .map(token -> token < textVocabulary ? token : 0)
                .toArray();
        int[] others = Arrays.stream(tokens)
                .map(token -> Math.max(0, token - textVocabulary))
                .toArray();
        int[] source = IntStream.range(0, tokens.length)
                .map(i -> tokens[i] < textVocabulary ? i : tokens.length + i)
                .toArray();
        Tensor rows = Tensors.concat(
                0,
                List.of(
                        TokenEmbedding.embed(table, all, words),
                        TokenEmbedding.embed(p.get("special.weight"), all, others)));
        return rows.gather(Tensors.of(table.device(), shape, source));
    }

    @Override
    public Optional<Tensor> embedTokens(Params p, Tensor tokens) {
        Tensor table = p.get("tokens.weight");
        if (specialTokens == 0) {
            return Optional.of(TokenEmbedding.lookup(table, tokens));
        }
        Tensor first = Tensors.of(table.device(), Shape.of(), textVocabulary);
        Tensor isText = Tensors.apply(new Op.Compare(Op.Comparison.LESS), tokens, first);
        Tensor none = tokens.subtract(tokens);
        Tensor words = TokenEmbedding.lookup(table, Tensors.where(isText, tokens, none));
        Tensor others =
                TokenEmbedding.lookup(p.get("special.weight"), Tensors.where(isText, none, tokens.subtract(first)));
        Shape column = tokens.shape().append(1);
        return Optional.of(Tensors.where(isText.reshape(column), words, others));
    }

    /** Returns the image embeddings {@code (N tokens, D)} of tiles {@code (N, 3, S, S)}. */
    Tensor vision(Params p, Tensor pixels) {
        Tensor patches = patches(p, pixels);
        int side = (int) Math.round(Math.sqrt(patches.extent(1)));
        Tensor merged = shuffle(patches, side, shuffleFactor);
        Tensor inner = Linear.apply(merged, p.get("projector.0.weight"), p.get("projector.0.bias"));
        Tensor projected =
                Linear.apply(Activation.GELU.apply(inner), p.get("projector.2.weight"), p.get("projector.2.bias"));
        return projected.reshape(-1, hidden);
    }

    /** Returns the embedded patches of tiles, row by row, with their positions: {@code (N, grid^2, D)}. */
    Tensor patches(Params p, Tensor pixels) {
        int tiles = pixels.extent(0);
        int side = pixels.extent(2) / patch;
        int inner = 3 * patch * patch;
        Tensor cut = pixels.reshape(tiles, 3, side, patch, side, patch)
                .permute(0, 2, 4, 1, 3, 5)
                .reshape(tiles, side * side, inner);
        Tensor weight = p.get("patch.weight").reshape(hidden, inner);
        return Linear.apply(cut, weight, p.get("patch.bias")).add(positions(p, side));
    }

    private Tensor positions(Params p, int side) {
        Tensor table = p.get("position").slice(1, 1, 1 + grid * grid).reshape(grid * grid, hidden);
        if (side == grid) {
            return table;
        }
        float[] weights = BicubicInterpolation.weights(grid, side);
        Tensor resize = Tensors.of(table.device(), Shape.of(side * side, grid * grid), weights);
        return resize.matmul(table);
    }

    /**
     * Returns patches {@code (N, side^2, D)} merged in squares of factor x factor, {@code (N, (side / factor)^2, D
     * factor^2)}: each square row by row, as in InternVL's pixel shuffle, version 2.
     */
    static Tensor shuffle(Tensor patches, int side, int factor) {
        int tiles = patches.extent(0);
        int width = patches.extent(2);
        int half = side / factor;
        return patches.reshape(tiles, half, factor, half, factor, width)
                .permute(0, 1, 3, 2, 4, 5)
                .reshape(tiles, half * half, factor * factor * width);
    }
}
