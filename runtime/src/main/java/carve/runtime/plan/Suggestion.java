package carve.runtime.plan;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LayerPlan;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A suggested plan and its measurements.
 *
 * @param method how layers were scored
 * @param plan attention where it is needed most
 * @param layers the scores, in the order of the layers
 * @param heads the scores of heads, where they were measured
 * @param remarks what was measured, in sentences
 */
public record Suggestion(
        SuggestionMethod method, LayerPlan plan, List<LayerScore> layers, List<HeadScore> heads, List<String> remarks) {
    /** Copies the lists. */
    public Suggestion {
        layers = List.copyOf(layers);
        heads = List.copyOf(heads);
        remarks = List.copyOf(remarks);
    }

    /**
     * The score of one layer.
     *
     * @param label the layer's label in its model
     * @param rank 1 for the layer that needs its attention most
     * @param score the greater, the more the layer needs its attention
     * @param figures what else was measured, by name
     * @param kept whether the plan keeps the layer's attention
     */
    public record LayerScore(String label, int rank, double score, Map<String, Double> figures, boolean kept) {
        /** Copies the map, in its order. */
        public LayerScore {
            figures = Collections.unmodifiableMap(new LinkedHashMap<>(figures));
        }
    }

    /**
     * The score of one head.
     *
     * @param layer the number of its layer
     * @param head its number in the layer
     * @param score the KL divergence of the predictions without it, in nats per token
     */
    public record HeadScore(int layer, int head, double score) {}

    /** Returns the scores as JSON; {@link ImportedScores} reads them again. */
    public JsonObject json() {
        return JsonObject.empty()
                .with("by", method.word())
                .with("layers", array(layers.stream().map(this::json).toList()))
                .with("heads", array(heads.stream().map(Suggestion::json).toList()));
    }

    private static JsonArray array(List<JsonObject> items) {
        return new JsonArray(List.<JsonValue>copyOf(items));
    }

    private JsonObject json(LayerScore layer) {
        JsonObject figures = JsonObject.empty();
        for (Map.Entry<String, Double> figure : layer.figures().entrySet()) {
            figures = figures.with(figure.getKey(), figure.getValue());
        }
        return JsonObject.empty()
                .with("layer", layers.indexOf(layer))
                .with("label", layer.label())
                .with("score", layer.score())
                .with("rank", layer.rank())
                .with("keep", layer.kept())
                .with("figures", figures);
    }

    private static JsonObject json(HeadScore head) {
        return JsonObject.empty()
                .with("layer", head.layer())
                .with("head", head.head())
                .with("score", head.score());
    }
}
