package carve.runtime.eval.quality;

import carve.api.json.JsonObject;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The facts about a model that a report shows.
 *
 * @param name the name of its folder or file
 * @param family the family of models that it belongs to
 * @param licence the licence that its folder's {@code README.md} states in its YAML head; empty if it states none
 * @param parameters the number of parameters
 * @param layers the number of layers
 * @param growingLayers the number of layers whose state grows with the text, as that of attention does
 */
public record ModelFacts(String name, String family, String licence, long parameters, int layers, int growingLayers) {
    private static final Pattern LICENCE = Pattern.compile("(?m)^license:\\s*([A-Za-z0-9][A-Za-z0-9.-]*)\\s*$");
    private static final String CARD = "README.md";

    /**
     * Returns the facts about an open model.
     *
     * @throws UncheckedIOException if its {@code README.md} cannot be read
     */
    public static ModelFacts of(ModelFolder folder) {
        ModelSpec spec = folder.spec();
        return new ModelFacts(
                String.valueOf(folder.path().toAbsolutePath().normalize().getFileName()),
                folder.family().name(),
                licence(folder.path()),
                spec.parameters().stream()
                        .map(ParamSpec::shape)
                        .mapToLong(shape -> shape.size())
                        .sum(),
                spec.layers().size(),
                (int) spec.layers().stream()
                        .filter(layer -> !layer.mixer().hasConstantState())
                        .count());
    }

    private static String licence(Path folder) {
        Path card = folder.resolve(CARD);
        if (!Files.isRegularFile(card)) {
            return "";
        }
        try {
            return head(Files.readString(card))
                    .map(LICENCE::matcher)
                    .filter(Matcher::find)
                    .map(found -> found.group(1))
                    .orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(card + ": cannot be read", e);
        }
    }

    /** Returns the YAML head of a card, which stands between two lines of dashes. */
    private static Optional<String> head(String card) {
        List<String> lines = card.lines().toList();
        int end = lines.isEmpty() || !lines.getFirst().equals("---")
                ? -1
                : lines.subList(1, lines.size()).indexOf("---");
        return end < 0 ? Optional.empty() : Optional.of(String.join("\n", lines.subList(1, end + 1)));
    }

    JsonObject json() {
        JsonObject json = JsonObject.empty()
                .with("name", name)
                .with("family", family)
                .with("parameters", parameters)
                .with("layers", layers)
                .with("growing_layers", growingLayers);
        return licence.isEmpty() ? json : json.with("license", licence);
    }
}
