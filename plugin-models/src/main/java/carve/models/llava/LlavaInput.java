package carve.models.llava;

import carve.api.device.Device;
import carve.api.mixer.Probe;
import carve.api.model.InputEncoder;
import carve.api.model.Inputs;
import carve.api.model.TokenEmbedding;
import carve.api.op.Sequences;
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
 * The input of models that read pictures as words (Liu et al. 2023, arXiv:2304.08485): token embeddings, and the features of
 * pictures {@code images (N, 3, S, S)} where the picture's token stands.
 *
 * <p>One such token stands for a whole picture, F positions; or there are F of them for each picture, and as many
 * positions as tokens. Pictures come in the order of their places. What the connector makes of them is published as
 * {@code image_features (N, F, D)}.
 *
 * <p>Parameters: {@code tokens.weight (V, D)}, {@code tower.*} of the {@link Tower} and {@code connector.*} of the {@link
 * Connector}. First values are such that words and pictures come to the first layer at the scale of what layers add to them.
 */
record LlavaInput(int vocabulary, Tower tower, Connector connector, int imageToken) implements InputEncoder {
    static final String IMAGES = "images";
    private static final String FEATURES = "image_features";
    private static final int PADDING = -1;

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("tokens.weight", Shape.of(vocabulary, connector.hidden()), Init.normal(1)));
        tower.parameters().forEach(spec -> specs.add(spec.under("tower")));
        connector.parameters().forEach(spec -> specs.add(spec.under("connector")));
        return List.copyOf(specs);
    }

    @Override
    public OptionalInt pictureToken() {
        return OptionalInt.of(imageToken);
    }

    @Override
    public Encoded encode(Params p, Inputs inputs) {
        return encode(p, inputs, Probe.NONE);
    }

    @Override
    public Encoded encode(Params p, Inputs inputs, Probe probe) {
        Tensor text = text(p, inputs);
        Placement placement = placement(inputs);
        if (pictures(inputs) == 0) {
            return new Encoded(TokenEmbedding.withoutPadding(text, inputs.sequences()), inputs.sequences());
        }
        Tensor features = connector.apply(
                p.under("connector"),
                tower.features(p.under("tower"), inputs.media().get(IMAGES)));
        if (probe.wants(FEATURES)) {
            probe.publish(FEATURES, features);
        }
        return new Encoded(splice(text, features, placement), placement.sequences());
    }

    @Override
    public Optional<Tensor> words(Params p, Tensor tokens) {
        return Optional.of(TokenEmbedding.rows(p.get("tokens.weight"), tokens));
    }

    private Tensor text(Params p, Inputs inputs) {
        int[] words = Arrays.stream(inputs.tokens())
                .map(token -> token == imageToken ? 0 : token)
                .toArray();
        Shape shape = Shape.of(inputs.sequences().batch(), inputs.sequences().positions());
        return TokenEmbedding.lookUp(p.get("tokens.weight"), shape, words);
    }

    // rows of text, then rows of features, then one of zeros, gathered in the order of the positions
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
        Sequences rows = placement.sequences();
        return all.gather(Tensors.of(device, Shape.of(rows.batch(), rows.positions()), source));
    }

    @Override
    public Sequences sequences(Inputs inputs) {
        return placement(inputs).sequences();
    }

    private static int pictures(Inputs inputs) {
        return inputs.media().containsKey(IMAGES) ? inputs.media().get(IMAGES).extent(0) : 0;
    }

    /**
     * Where each position comes from.
     *
     * @param source for each position the row of text, or of features when all of text is counted first
     * @param sequences how the positions are divided
     */
    private record Placement(int[] source, Sequences sequences) {}

    private Placement placement(Inputs inputs) {
        for (String name : inputs.media().keySet()) {
            if (!name.equals(IMAGES)) {
                throw new IllegalArgumentException("this model takes '%s', but was given '%s'".formatted(IMAGES, name));
            }
        }
        int pictures = pictures(inputs);
        int places = places(inputs);
        int features = tower.features();
        if (places != pictures && places != pictures * features) {
            throw new IllegalArgumentException(
                    ("%d places of pictures (token %d) for %d pictures; expected one for each, or %d, "
                                    + "one for each of its positions")
                            .formatted(places, imageToken, pictures, features));
        }
        Sequences given = inputs.sequences();
        if (places > 0 && places == pictures && features > 1) {
            return expanded(inputs, features);
        }
        return new Placement(
                rows(inputs, 1).stream()
                        .flatMapToInt(row -> padded(row, given.positions()))
                        .toArray(),
                given);
    }

    // one token for each picture: there are more positions than tokens
    private Placement expanded(Inputs inputs, int features) {
        Sequences given = inputs.sequences();
        if (!given.told().isEmpty()) {
            throw new IllegalArgumentException(
                    "positions can only be told where each picture has %d tokens".formatted(features));
        }
        List<List<Integer>> rows = rows(inputs, features);
        int[] lengths = rows.stream().mapToInt(List::size).toArray();
        int positions = Arrays.stream(lengths).max().orElseThrow();
        boolean even = Arrays.stream(lengths).allMatch(length -> length == positions);
        Sequences sequences = even ? Sequences.whole(rows.size(), positions) : Sequences.padded(positions, lengths);
        int[] source = rows.stream().flatMapToInt(row -> padded(row, positions)).toArray();
        Sequences padded = given.isBlank() ? sequences.blank() : sequences;
        return new Placement(source, given.isPacked() ? Sequences.packed(offsets(inputs, features)) : padded);
    }

    private static IntStream padded(List<Integer> row, int positions) {
        return IntStream.range(0, positions).map(t -> t < row.size() ? row.get(t) : PADDING);
    }

    // where packed sequences begin when each picture takes so many positions
    private int[] offsets(Inputs inputs, int features) {
        return inputs.sequences().offsets().stream()
                .mapToInt(offset -> offset
                        + (features - 1)
                                * (int) Arrays.stream(inputs.tokens())
                                        .limit(offset)
                                        .filter(token -> token == imageToken)
                                        .count())
                .toArray();
    }

    private List<List<Integer>> rows(Inputs inputs, int each) {
        Sequences given = inputs.sequences();
        List<List<Integer>> rows = new ArrayList<>();
        int feature = inputs.tokens().length;
        for (int b = 0; b < given.batch(); b++) {
            List<Integer> row = new ArrayList<>();
            for (int t = 0; t < length(given, b); t++) {
                int at = b * given.positions() + t;
                boolean picture = inputs.tokens()[at] == imageToken;
                for (int i = 0; i < (picture ? each : 1); i++) {
                    row.add(picture ? feature++ : at);
                }
            }
            rows.add(row);
        }
        return rows;
    }

    private int places(Inputs inputs) {
        Sequences given = inputs.sequences();
        int places = 0;
        for (int b = 0; b < given.batch(); b++) {
            int from = b * given.positions();
            places += (int) Arrays.stream(inputs.tokens(), from, from + length(given, b))
                    .filter(token -> token == imageToken)
                    .count();
        }
        return places;
    }

    private static int length(Sequences sequences, int row) {
        return sequences.isPadded() ? sequences.lengths().get(row) : sequences.positions();
    }
}
