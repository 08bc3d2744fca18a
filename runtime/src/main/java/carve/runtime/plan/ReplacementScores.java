package carve.runtime.plan;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.mixer.Mixer;
import carve.api.model.Block;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.plan.LayerSensitivity.Effect;
import carve.runtime.plan.Suggestion.HeadScore;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.stream.IntStream;

/**
 * Scores of layers by what the teacher loses when one of them is changed, without training.
 *
 * @param run what methods share
 */
record ReplacementScores(SuggestionRun run) {
    /** Returns the scores of layers whose attention becomes a sliding window. */
    LayerScores window() {
        int window = run.config().window();
        int longest = run.batches().stream()
                .flatMap(batch -> batch.samples().stream())
                .mapToInt(sample -> sample.tokens().length)
                .max()
                .orElse(0);
        if (run.config().score() != SuggestionConfig.Score.RECALL && longest <= window) {
            throw new SettingsException(
                    "window: found %d, but the longest sample has %d tokens, on which it changes nothing; set a smaller one, or data with longer samples"
                            .formatted(window, longest));
        }
        List<LayerCandidate> candidates = candidates((i, block) -> window(block, window));
        return scores(
                "window",
                candidates,
                List.of(),
                "The attention of one layer at a time became a sliding window of %d positions.".formatted(window));
    }

    private Block window(Block block, int window) {
        MixerSpec own = block.mixerSpec();
        SettingsNode width = new SettingsNode.Scalar((long) window, "window");
        var settings = new SettingsNode.Section(Map.of("window", width), "window").over(own.settings());
        Mixer mixer = run.catalogs().mixerCatalog().create(own.name(), block.config(), settings);
        return block.with(new MixerSpec(own.name(), settings), mixer);
    }

    /** Returns the scores of layers whose mixer gives zeros; of heads too, if the settings say so. */
    LayerScores importance() {
        List<LayerCandidate> candidates =
                candidates((i, block) -> block.with(block.mixerSpec(), new AblatedMixer(block.mixer())));
        List<HeadScore> heads = run.config().heads() ? heads() : List.of();
        return scores("importance", candidates, heads, "The output of one layer's mixer at a time was zero.");
    }

    private List<LayerCandidate> candidates(BiFunction<Integer, Block, Block> changed) {
        return IntStream.range(0, run.layers())
                .mapToObj(i -> new LayerCandidate(
                        "layer " + i,
                        i,
                        changed.apply(i, run.teacher().spec().layers().get(i)),
                        () -> own(i)))
                .toList();
    }

    private Params own(int layer) {
        return run.teacher().params().under(ModelSpec.layerPrefix(layer));
    }

    private LayerScores scores(String phase, List<LayerCandidate> candidates, List<HeadScore> heads, String what) {
        List<Effect> effects = run.sensitivity(phase, candidates);
        List<Map<String, Double>> figures =
                new ArrayList<>(effects.stream().map(LayerScores::figures).toList());
        List<Double> scores = effects.stream().map(this::score).toList();
        List<String> remarks = new ArrayList<>(List.of(what, measured(run)));
        if (run.config().score() == SuggestionConfig.Score.RECALL) {
            double all = run.teacherRecall();
            List<Double> recall = run.recall(phase, candidates);
            for (int i = 0; i < figures.size(); i++) {
                Map<String, Double> more = new LinkedHashMap<>(figures.get(i));
                more.put("recall", recall.get(i));
                figures.set(i, more);
            }
            scores = recall.stream().map(own -> all - own).toList();
            remarks.add("Score: the teacher's recall, %.4f, less that with the changed layer.".formatted(all));
        }
        return new LayerScores(scores, figures, heads, remarks);
    }

    private double score(Effect effect) {
        return run.config().score() == SuggestionConfig.Score.LOSS ? effect.lossIncrease() : effect.klDivergence();
    }

    /** Returns the sentence that says what predictions were compared on. */
    static String measured(SuggestionRun run) {
        boolean reused =
                run.config().alignedSamples() + run.samples() > run.dataset().size();
        return "Measured on %d samples%s; KL divergence from the teacher's predictions in nats per token."
                .formatted(run.samples(), reused ? ", some of which alignments use" : "");
    }

    private List<HeadScore> heads() {
        List<LayerCandidate> candidates = new ArrayList<>();
        List<HeadScore> places = new ArrayList<>();
        for (int i = 0; i < run.layers(); i++) {
            Block block = run.teacher().spec().layers().get(i);
            int layer = i;
            for (int h = 0; h < block.config().heads(); h++) {
                int head = h;
                candidates.add(new LayerCandidate(
                        "layer %d head %d".formatted(i, h), i, block, () -> withoutHead(layer, block, head)));
                places.add(new HeadScore(i, h, 0));
            }
        }
        List<Effect> effects = run.sensitivity("importance of heads", candidates);
        return IntStream.range(0, places.size())
                .mapToObj(i -> new HeadScore(
                        places.get(i).layer(),
                        places.get(i).head(),
                        effects.get(i).klDivergence()))
                .toList();
    }

    // what a head gives is multiplied by its columns of the output projection
    private Params withoutHead(int layer, Block block, int head) {
        String name = "mixer.o_proj.weight";
        Tensor weight = own(layer).get(name);
        int inputs = weight.extent(1);
        int width = inputs / block.config().heads();
        float[] columns = new float[inputs];
        for (int i = 0; i < inputs; i++) {
            columns[i] = i / width == head ? 0 : 1;
        }
        Tensor mask = Tensors.of(weight.device(), Shape.of(1, inputs), columns);
        return Params.overlay(Map.of(name, weight.multiply(mask)), own(layer));
    }
}
