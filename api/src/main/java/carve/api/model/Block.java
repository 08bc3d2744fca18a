package carve.api.model;

import carve.api.device.DeviceException;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerException;
import carve.api.mixer.StateSlots;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * One layer of a model: norms, a mixer and a feed-forward part around residual connections. Parameters: {@code mixer_norm.*},
 * {@code mixer_post_norm.*}, {@code mixer.*}, {@code mlp_norm.*}, {@code mlp_post_norm.*} and {@code mlp.*}, as the layout has
 * norms; without a feed-forward part those of the mixer only.
 *
 * @param label the layer's name in traces: {@code emb.0}, {@code llm.3}
 * @param config what the mixer was made for
 * @param mixerSpec which mixer it is, with its settings
 * @param mixer the mixer
 * @param layout where norms are
 * @param feedForward the part that works on each position alone
 * @param dropout of what mixer and feed-forward part add to the residual stream
 */
public record Block(
        String label,
        LayerConfig config,
        MixerSpec mixerSpec,
        Mixer mixer,
        BlockLayout layout,
        FeedForward feedForward,
        Dropout dropout) {
    private static final String MLP = "mlp.";

    /** Makes a layer without dropout. */
    public Block(
            String label,
            LayerConfig config,
            MixerSpec mixerSpec,
            Mixer mixer,
            BlockLayout layout,
            FeedForward feedForward) {
        this(label, config, mixerSpec, mixer, layout, feedForward, Dropout.NONE);
    }

    /** Returns the parameters. */
    public List<ParamSpec> parameters() {
        List<ParamSpec> specs = new ArrayList<>(layout.mixerParameters());
        mixer.parameters().forEach(spec -> specs.add(spec.under("mixer")));
        if (feedForward.exists()) {
            specs.addAll(layout.mlpParameters());
        }
        feedForward.parameters().forEach(spec -> specs.add(spec.under("mlp")));
        return List.copyOf(specs);
    }

    /**
     * Returns the share of a parameter's values that one position uses: all, but for what its feed-forward part says.
     *
     * @param parameter the name of one of the {@link #parameters}
     */
    public double usedShare(String parameter) {
        return parameter.startsWith(MLP) ? feedForward.usedShare(parameter.substring(MLP.length())) : 1;
    }

    /** Returns this block with another mixer. */
    public Block with(MixerSpec otherChoice, Mixer other) {
        return new Block(label, config, otherChoice, other, layout, feedForward, dropout);
    }

    /** Returns this block with another dropout. */
    public Block with(Dropout other) {
        return new Block(label, config, mixerSpec, mixer, layout, feedForward, other);
    }

    /** Returns the output {@code (B, T, D)} of the layer for x {@code (B, T, D)}. */
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        Tensor normed = layout.beforeMixer().apply(p.under("mixer_norm"), x);
        return finish(p, x, normed, mix(p, normed, s, activationHook), 0);
    }

    /** Returns what the mixer alone gives for the layer's input x {@code (B, T, D)}; for losses on its inner values. */
    public Tensor mixerOutput(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return mix(p, layout.beforeMixer().apply(p.under("mixer_norm"), x), s, activationHook);
    }

    private Tensor mix(Params p, Tensor normed, SequenceLayout s, ActivationHook activationHook) {
        Tensor mixed = named(() -> mixer.forward(p.under("mixer"), normed, s, activationHook));
        if (activationHook.wants(ActivationHook.MIXER)) {
            activationHook.publish(ActivationHook.MIXER, mixed);
        }
        return mixed;
    }

    // what fails on every device alike is the mixer's fault
    private Tensor named(Supplier<Tensor> step) {
        try {
            return step.get();
        } catch (DeviceException | MixerException e) {
            throw e;
        } catch (RuntimeException e) {
            String problem = e.getMessage() == null ? e.toString() : e.getMessage();
            throw new MixerException("%s failed: %s".formatted(describeMixer(), problem), e);
        }
    }

    /** Returns the layer, its mixer and where that is from, as in {@code layer llm.3: mixer 'retention' of examples.retention}. */
    String describeMixer() {
        Module module = mixer.getClass().getModule();
        String from = module.isNamed() ? module.getName() : mixer.getClass().getName();
        return "layer %s: mixer '%s' of %s".formatted(label, mixerSpec.name(), from);
    }

    /** Returns the output {@code (B, T, D)} for the next positions of sequences, which their states then remember. */
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        Tensor normed = layout.beforeMixer().apply(p.under("mixer_norm"), x);
        int position = slots.firstPosition();
        Tensor mixed = slots.advance(normed, () -> named(() -> mixer.advance(p.under("mixer"), normed, slots)));
        return finish(p, x, normed, mixed, position);
    }

    private Tensor finish(Params p, Tensor x, Tensor normed, Tensor mixed, int position) {
        Tensor given = layout.afterMixer().apply(p.under("mixer_post_norm"), mixed);
        Tensor sum = x.add(scaled(dropout.apply(label + " mixer", position, given)));
        if (!feedForward.exists()) {
            return sum;
        }
        Tensor input = layout.parallel() ? parallelInput(p, x, normed) : mlpNorm(p, sum);
        Tensor result = layout.afterMlp().apply(p.under("mlp_post_norm"), feedForward.apply(p.under("mlp"), input));
        return sum.add(scaled(dropout.apply(label + " mlp", position, result)));
    }

    private Tensor parallelInput(Params p, Tensor x, Tensor normed) {
        return layout.beforeMlp().exists() ? mlpNorm(p, x) : normed;
    }

    private Tensor mlpNorm(Params p, Tensor x) {
        return layout.beforeMlp().apply(p.under("mlp_norm"), x);
    }

    private Tensor scaled(Tensor x) {
        return layout.residualFactor() == 1 ? x : x.multiply(layout.residualFactor());
    }
}
