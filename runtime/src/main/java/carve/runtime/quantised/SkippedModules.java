package carve.runtime.quantised;

import carve.api.checkpoint.CheckpointException;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The modules that a configuration says are not quantised, as patterns of the Transformers library: the beginning of a module's
 * name up to a dot, a regular expression for it, or its end; or, after {@code re:}, a regular expression of compressed-tensors.
 *
 * @param prefixes the expressions that a name begins with
 * @param suffixes the texts that a name ends with
 */
record SkippedModules(List<Pattern> prefixes, List<String> suffixes) {
    static final SkippedModules NONE = new SkippedModules(List.of(), List.of());

    private static final String BOUNDARY = "(?:(?<=\\.)|(?=\\.|$))";
    private static final String EXPRESSION = "re:";

    SkippedModules {
        prefixes = List.copyOf(prefixes);
        suffixes = List.copyOf(suffixes);
    }

    /**
     * Returns the modules of a list of patterns.
     *
     * @throws CheckpointException if one is no regular expression
     */
    static SkippedModules of(List<String> patterns) {
        return new SkippedModules(
                patterns.stream().map(SkippedModules::prefix).toList(),
                patterns.stream()
                        .filter(pattern -> !pattern.startsWith(EXPRESSION))
                        .toList());
    }

    private static Pattern prefix(String pattern) {
        try {
            return pattern.startsWith(EXPRESSION)
                    ? Pattern.compile(pattern.substring(EXPRESSION.length()))
                    : Pattern.compile("(?:" + pattern + ")" + BOUNDARY);
        } catch (PatternSyntaxException e) {
            throw new CheckpointException(
                    "quantization_config: '%s' is no regular expression: %s".formatted(pattern, e.getDescription()), e);
        }
    }

    boolean contains(String module) {
        return prefixes.stream().anyMatch(prefix -> prefix.matcher(module).lookingAt())
                || suffixes.stream().anyMatch(module::endsWith);
    }
}
