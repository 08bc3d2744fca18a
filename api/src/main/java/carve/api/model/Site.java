package carve.api.model;

import carve.api.config.Settings;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A named place in a model's forward pass whose value can be observed. Its text, which {@link #parse} reads back, is
 *
 * <pre>{@code
 * input.NAME       what the input encoder publishes, such as the features of an image
 * embed            (B, T, D), the input of the first layer
 * layers.3.input   (B, T, D), the input of layer 3
 * layers.3.heads   (B, T, H, P), what its mixer publishes: each head's output before the output projection
 * layers.3.matrix  (B, H, T, T), the factors of values at positions in each head, of mixers that publish them
 * layers.3.mixer   (B, T, D), the output of its mixer, before the residual addition
 * layers.3.output  (B, T, D), the output of layer 3
 * final_norm       (B, T, D), the output of the final norm
 * logits           (B, T, V)
 * heads            the site of this name in each layer
 * }</pre>
 *
 * <p>The site {@code hidden} of each layer is its output, that of the last layer after the final norm, as in Transformers'
 * {@code hidden_states}.
 */
public sealed interface Site {
    /** The input of the first layer. */
    Site EMBED = new Model("embed");

    /** The output of the final norm. */
    Site FINAL_NORM = new Model("final_norm");

    /** The logits. */
    Site LOGITS = new Model("logits");

    /** Each layer's heads before the output projection, {@code (B, T, H, P)}. */
    Site HEADS = new EachLayer("heads");

    /** The output of each layer's mixer after the output projection, before the residual addition, {@code (B, T, D)}. */
    Site MIXER = new EachLayer("mixer");

    /** Each layer's transfer matrix of each head, {@code (B, H, T, T)}; see {@link carve.api.mixer.ActivationHook#MATRIX}. */
    Site MATRIX = new EachLayer("matrix");

    /** Each layer's output, {@code (B, T, D)}. */
    Site OUTPUT = new EachLayer("output");

    /** Each layer's output, that of the last layer after the final norm, {@code (B, T, D)}. */
    Site HIDDEN = new EachLayer("hidden");

    /** A site that a model has once. */
    record Model(String name) implements Site {
        @Override
        public String toString() {
            return name;
        }
    }

    /** A site of the input encoder. */
    record Input(String name) implements Site {
        @Override
        public String toString() {
            return "input." + name;
        }
    }

    /**
     * A site of one layer.
     *
     * @param index the layer's number, from 0
     * @param name the name within the layer
     */
    record Layer(int index, String name) implements Site {
        /** Returns whether it is the layer's input or output, rather than a value inside of the layer. */
        public boolean isBoundary() {
            return name.equals("input") || name.equals("output");
        }

        @Override
        public String toString() {
            return ModelSpec.layerPrefix(index) + "." + name;
        }
    }

    /** The site of a name in each layer. */
    record EachLayer(String name) implements Site {
        /**
         * Returns the site in one layer.
         *
         * @param layer the layer's number
         * @param count the number of the model's layers
         */
        public Site in(int layer, int count) {
            if (equals(HIDDEN)) {
                return layer == count - 1 ? FINAL_NORM : layer(layer, "output");
            }
            return layer(layer, name);
        }

        @Override
        public String toString() {
            return name;
        }
    }

    /** Returns the site of a name in one layer. */
    static Site layer(int index, String name) {
        return new Layer(index, name);
    }

    /**
     * Returns the site of a text.
     *
     * @throws IllegalArgumentException if the text is empty, or a part of it is
     */
    static Site parse(String text) {
        Matcher layer = Pattern.compile("layers\\.(\\d+)\\.(.+)").matcher(text);
        if (layer.matches()) {
            return layer(Integer.parseInt(layer.group(1)), layer.group(2));
        }
        if (text.startsWith("input.") && text.length() > "input.".length()) {
            return new Input(text.substring("input.".length()));
        }
        Site model = new Model(text);
        if (List.of(EMBED, FINAL_NORM, LOGITS).contains(model)) {
            return model;
        }
        if (!text.matches("[^.\\s]+")) {
            throw new IllegalArgumentException(
                    "'%s' is no site; write logits, final_norm, embed, heads, mixer, output, hidden, or layers.3.heads"
                            .formatted(text));
        }
        return new EachLayer(text);
    }

    /**
     * Returns the site that a setting names.
     *
     * @throws carve.api.config.SettingsException if the text is none
     */
    static Site from(Settings settings, String key) {
        try {
            return parse(settings.string(key));
        } catch (IllegalArgumentException e) {
            throw settings.error(key, "is wrong: " + e.getMessage());
        }
    }
}
