package carve.models.llava;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.model.InputEncoder;
import carve.api.model.ModelInputs;
import carve.api.model.TokenEmbedding;
import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
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
 * The input encoder of LLaVA models (Liu et al. 2023, arXiv:2304.08485): token embeddings, and the features of {@code
 * images (N, 3, S, S)} in place of the image tokens.
 *
 * <p>Either one image token is expanded to the F positions of an image, or there are F image tokens for each image.
 * Images are in the order of their tokens. The outputs of the connector are published as {@code image_features (N, F,
 * D)}.
 *
 * <p>Parameters: {@code tokens.weight (V, D)}, {@code tower.*} of the {@link VisionTower} and {@code connector.*} of
 * the {@link Connector}. Parameters are initialised so that text and image embeddings reach the first layer at the
 * scale of what layers add to them.
 */
record LlavaInputEncoder(int vocabulary, VisionTower visionTower, Connector connector, int imageTokenId)
        implements InputEncoder {
    static final String IMAGES = "images";
    private static final String FEATURES = "image_features";
    private static final int PADDING = -1;

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("tokens.weight", Shape.of(vocabulary, connector.hidden()), Init.normal(1)));
        visionTower.parameters().forEach(spec -> specs.add(spec.under("tower")));
        connector.parameters().forEach(spec -> specs.add(spec.under("connector")));
        return List.copyOf(specs);
    }

    @Override
    public OptionalInt imageToken() {
        return OptionalInt.of(imageTokenId);
    }

    @Override
    public Embeddings encode(Params p, ModelInputs modelInputs) {
        return encode(p, modelInputs, ActivationHook.NONE);
    }

    @Override
    public Embeddings encode(Params p, ModelInputs modelInputs, ActivationHook activationHook) {
        Tensor text = text(p, modelInputs);
        Placement placement = placement(modelInputs);
        if (images(modelInputs) == 0) {
            return new Embeddings(
                    TokenEmbedding.zeroPadding(text, modelInputs.sequenceLayout()), modelInputs.sequenceLayout());
        }
        Tensor features = connector.apply(
                p.under("connector"),
                visionTower.features(p.under("tower"), modelInputs.media().get(IMAGES)));
        if (activationHook.wants(FEATURES)) {
            activationHook.publish(FEATURES, features);
        }
        return new Embeddings(splice(text, features, placement), placement.sequenceLayout());
    }

    @Override
    public Optional<Tensor> embedTokens(Params p, Tensor tokens) {
        return Optional.of(TokenEmbedding.lookup(p.get("tokens.weight"), tokens));
    }

    private Tensor text(Params p, ModelInputs modelInputs) {
        int[] words = Arrays.stream(modelInputs.tokens())
                .map(token -> token == imageTokenId ? 0 : token)
                .toArray();
        Shape shape = Shape.of(
                modelInputs.sequenceLayout().batch(),
                modelInputs.sequenceLayout().positions());
        return TokenEmbedding.embed(p.get("tokens.weight"), shape, words);
    }

    // rows of text, then of features, then one of zeros, gathered in the order of positions
    private Tensor splice(Tensor text, Tensor features, Placement placement) {
        int hidden = connector.hidden();
        Device device = text.device();
        Tensor all = Tensors.concat(
                0,
                List.of(
                        text.reshape(-1, hidden),
                        features.reshape(-1, hidden),
                        Tensors.zeros(device, Shape.of(1, hidden))));
        int[] source = Arrays.stream(placement.source())
                .map(row -> row == PADDING ? all.extent(0) - 1 : row)
                .toArray();
        SequenceLayout rows = placement.sequenceLayout();
        return all.gather(Tensors.of(device, Shape.of(rows.batch(), rows.positions()), source));
    }

    @Override
    public SequenceLayout layout(ModelInputs modelInputs) {
        return placement(modelInputs).sequenceLayout();
    }

    private static int images(ModelInputs modelInputs) {
        return modelInputs.media().containsKey(IMAGES)
                ? modelInputs.media().get(IMAGES).extent(0)
                : 0;
    }

    /**
     * The source row of each position.
     *
     * @param source the row of each position: rows of text first, then rows of features
     * @param sequenceLayout the layout of the positions
     */
    private record Placement(int[] source, SequenceLayout sequenceLayout) {}

    private Placement placement(ModelInputs modelInputs) {
        for (String name : modelInputs.media().keySet()) {
            if (!name.equals(IMAGES)) {
                throw new IllegalArgumentException("this model takes '%s', but was given '%s'".formatted(IMAGES, name));
            }
        }
        int images = images(modelInputs);
        int places = places(modelInputs);
        int features = visionTower.features();
        if (places != images && places != images * features) {
            throw new IllegalArgumentException(
                    ("%d image tokens (id %d) for %d images; expected 1 or %d " + "per image")
                            .formatted(places, imageTokenId, images, features));
        }
        SequenceLayout given = modelInputs.sequenceLayout();
        if (places > 0 && places == images && features > 1) {
            return expanded(modelInputs, features);
        }
        return new Placement(
                rows(modelInputs, 1).stream()
                        .flatMapToInt(row -> padded(row, given.positions()))
                        .toArray(),
                given);
    }

    // one token for each image: there are more positions than tokens
    private Placement expanded(ModelInputs modelInputs, int features) {
        SequenceLayout given = modelInputs.sequenceLayout();
        if (!given.givenPositionIds().isEmpty()) {
            throw new IllegalArgumentException(
                    "position ids can only be given where each image has %d tokens".formatted(features));
        }
        List<List<Integer>> rows = rows(modelInputs, features);
        int[] lengths = rows.stream().mapToInt(List::size).toArray();
        int positions = Arrays.stream(lengths).max().orElseThrow();
        boolean even = Arrays.stream(lengths).allMatch(length -> length == positions);
        SequenceLayout sequenceLayout =
                even ? SequenceLayout.unpadded(rows.size(), positions) : SequenceLayout.padded(positions, lengths);
        int[] source = rows.stream().flatMapToInt(row -> padded(row, positions)).toArray();
        SequenceLayout padded = given.zeroPadding() ? sequenceLayout.withZeroPadding() : sequenceLayout;
        return new Placement(source, given.isPacked() ? SequenceLayout.packed(offsets(modelInputs, features)) : padded);
    }

    private static IntStream padded(List<Integer> row, int positions) {
        return IntStream.range(0, positions).map(t -> t < row.size() ? row.get(t) : PADDING);
    }

    // the starts of packed sequences when each image takes so many positions
    private int[] offsets(ModelInputs modelInputs, int features) {
        return modelInputs.sequenceLayout().offsets().stream()
                .mapToInt(offset -> offset
                        + (features - 1)
                                * (int) Arrays.stream(modelInputs.tokens())
                                        .limit(offset)
                                        .filter(token -> token == imageTokenId)
                                        .count())
                .toArray();
    }

    private List<List<Integer>> rows(ModelInputs modelInputs, int each) {
        SequenceLayout given = modelInputs.sequenceLayout();
        List<List<Integer>> rows = new ArrayList<>();
        int feature = modelInputs.tokens().length;
        for (int b = 0; b < given.batch(); b++) {
            List<Integer> row = new ArrayList<>();
            for (int t = 0; t < length(given, b); t++) {
                int at = b * given.positions() + t;
                boolean image = modelInputs.tokens()[at] == imageTokenId;
                for (int i = 0; i < (image ? each : 1); i++) {
                    row.add(image ? feature++ : at);
                }
            }
            rows.add(row);
        }
        return rows;
    }

    private int places(ModelInputs modelInputs) {
        SequenceLayout given = modelInputs.sequenceLayout();
        int places = 0;
        for (int b = 0; b < given.batch(); b++) {
            int from = b * given.positions();
            places += (int) Arrays.stream(modelInputs.tokens(), from, from + length(given, b))
                    .filter(token -> token == imageTokenId)
                    .count();
        }
        return places;
    }

    private static int length(SequenceLayout sequenceLayout, int row) {
        return sequenceLayout.isPadded() ? sequenceLayout.lengths().get(row) : sequenceLayout.positions();
    }
}
