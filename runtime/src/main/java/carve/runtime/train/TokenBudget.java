package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.config.SettingsNode;
import carve.api.data.Dataset;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * The length of a stage in tokens, which takes the place of its steps: {@code tokens = 20M}, with the suffix k, M or B for
 * 10<sup>3</sup>, 10<sup>6</sup> or 10<sup>9</sup>, or none. The steps are the fewest that read so many tokens,
 *
 * <pre>ceil(tokens / (batch-size * gradient-accumulation-steps * mean tokens of a sample))</pre>
 */
final class TokenBudget {
    /** The key of a stage's settings. */
    static final String TOKENS = "tokens";

    private static final String STEPS = "steps";
    private static final String SUFFIXES = "kmb";
    private static final int DIGITS_OF_SUFFIX = 3;

    private TokenBudget() {}

    /**
     * Returns the tokens of a stage's settings.
     *
     * @throws carve.api.config.SettingsException if they are no number of tokens, or there are steps too
     */
    static long of(Settings stage) {
        if (stage.has(STEPS)) {
            throw stage.error(TOKENS, "and 'steps' exclude each other; remove one");
        }
        String text = stage.string(TOKENS).strip().toLowerCase(Locale.ROOT);
        int suffix = text.isEmpty() ? -1 : SUFFIXES.indexOf(text.charAt(text.length() - 1));
        String number = suffix < 0 ? text : text.substring(0, text.length() - 1);
        try {
            long tokens = new BigDecimal(number.strip())
                    .scaleByPowerOfTen(DIGITS_OF_SUFFIX * (suffix + 1))
                    .longValueExact();
            if (tokens > 0) {
                return tokens;
            }
        } catch (NumberFormatException e) {
            throw invalid(stage);
        } catch (ArithmeticException e) {
            throw invalid(stage);
        }
        throw invalid(stage);
    }

    private static RuntimeException invalid(Settings stage) {
        return stage.error(
                TOKENS,
                "must be a number of tokens such as 500k, 20M or 1.5B, is '%s'".formatted(stage.string(TOKENS)));
    }

    /** Returns the settings of a stage with steps in place of tokens. */
    static SettingsNode.Section withSteps(Settings stage, long steps) {
        SettingsNode.Section all = stage.asTree().without(TOKENS);
        Map<String, SettingsNode> members = new LinkedHashMap<>(all.members());
        members.put(STEPS, new SettingsNode.Scalar(steps, stage.origin(TOKENS)));
        return new SettingsNode.Section(members, all.origin());
    }

    /**
     * Returns the steps that a stage's tokens are.
     *
     * @param samples of a step
     * @throws carve.api.config.SettingsException if the data does not know how many tokens it has
     */
    static long steps(Settings stage, Dataset data, long samples) {
        long tokens = of(stage);
        long epoch = data.tokens().orElse(0);
        if (epoch <= 0) {
            throw stage.error(
                    TOKENS, "cannot be turned into steps: the data does not know how many tokens it has; set 'steps'");
        }
        BigInteger step = BigInteger.valueOf(epoch).multiply(BigInteger.valueOf(samples));
        return BigInteger.valueOf(tokens)
                .multiply(BigInteger.valueOf(data.size()))
                .add(step.subtract(BigInteger.ONE))
                .divide(step)
                .longValueExact();
    }
}
