package carve.app.linearize;

import carve.api.config.SettingsException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The amount that training may take. */
sealed interface Budget {
    /** Tokens. */
    record Tokens(long tokens) implements Budget {}

    /** Seconds, which a measured rate turns into tokens once. */
    record Time(double seconds) implements Budget {}

    /**
     * Returns the budget that a text such as {@code 20m-tokens}, {@code 90min} or {@code 2h} says.
     *
     * @throws SettingsException if it says none
     */
    static Budget parse(String text) {
        Matcher matcher = Pattern.compile("(\\d+(?:\\.\\d+)?)(k-tokens|m-tokens|b-tokens|-tokens|min|h|d)")
                .matcher(text);
        if (!matcher.matches() || Double.parseDouble(matcher.group(1)) == 0) {
            throw new SettingsException(
                    "budget: expected tokens such as 20m-tokens or 500k-tokens, or a time such as 90min, 2h or 1d; found '%s'"
                            .formatted(text));
        }
        double amount = Double.parseDouble(matcher.group(1));
        return switch (matcher.group(2)) {
            case "-tokens" -> new Tokens(Math.max(1, Math.round(amount)));
            case "k-tokens" -> new Tokens(Math.round(amount * 1e3));
            case "m-tokens" -> new Tokens(Math.round(amount * 1e6));
            case "b-tokens" -> new Tokens(Math.round(amount * 1e9));
            case "min" -> new Time(amount * 60);
            case "h" -> new Time(amount * 3600);
            default -> new Time(amount * 86400);
        };
    }
}
