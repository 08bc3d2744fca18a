package carve.runtime.plan;

import carve.runtime.plan.Suggestion.HeadScore;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The scores of all layers by some method.
 *
 * @param scores the greater, the more a layer needs its attention
 * @param figures of each layer, by name
 * @param heads the scores of heads
 * @param remarks what was measured, in sentences
 */
record LayerScores(
        List<Double> scores, List<Map<String, Double>> figures, List<HeadScore> heads, List<String> remarks) {
    LayerScores {
        scores = List.copyOf(scores);
        figures = List.copyOf(figures);
        heads = List.copyOf(heads);
        remarks = List.copyOf(remarks);
    }

    /** Returns scores without heads. */
    static LayerScores of(List<Double> scores, List<Map<String, Double>> figures, String... remarks) {
        return new LayerScores(scores, figures, List.of(), List.of(remarks));
    }

    /** Returns what was measured of the effect of a layer, by name. */
    static Map<String, Double> figures(LayerSensitivity.Effect effect) {
        Map<String, Double> figures = new LinkedHashMap<>();
        figures.put("kl divergence", effect.klDivergence());
        figures.put("loss increase", effect.lossIncrease());
        figures.put("relative error", effect.relativeError());
        return Collections.unmodifiableMap(figures);
    }
}
