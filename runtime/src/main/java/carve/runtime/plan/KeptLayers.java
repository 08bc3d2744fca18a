package carve.runtime.plan;

import carve.api.config.SettingsException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The amount of layers that keep their attention: a number, or a percentage of all layers, rounded to the nearest number.
 *
 * @param amount the number or the percentage
 * @param percent whether it is a percentage
 */
public record KeptLayers(double amount, boolean percent) {
    private static final Pattern FORM = Pattern.compile("(\\d{1,6}(?:\\.\\d{1,6})?)(%?)");

    /**
     * Reads {@code 8} or {@code 25%}.
     *
     * @throws SettingsException if it is neither
     */
    public static KeptLayers of(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (!matcher.matches() || matcher.group(2).isEmpty() && matcher.group(1).contains(".")) {
            throw new SettingsException(
                    "keep: found '%s'; write a number of layers such as 8, or a percentage such as 25%%"
                            .formatted(text));
        }
        return new KeptLayers(
                Double.parseDouble(matcher.group(1)), !matcher.group(2).isEmpty());
    }

    /**
     * Returns the number of layers that keep their attention in a model.
     *
     * @throws SettingsException if the model has fewer layers
     */
    public int of(int layers) {
        long kept = percent ? Math.round(amount * layers / 100) : (long) amount;
        if (kept > layers) {
            throw new SettingsException("keep: found %s; the model has %d layers".formatted(this, layers));
        }
        return (int) kept;
    }

    @Override
    public String toString() {
        String number = amount == Math.rint(amount) ? Long.toString((long) amount) : Double.toString(amount);
        return percent ? number + "%" : number;
    }
}
