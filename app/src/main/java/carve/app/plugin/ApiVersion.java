package carve.app.plugin;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A version of the API, and which plugins run on it.
 *
 * <p>A plugin runs on every version of the line that it was compiled against which is not older. The line is the first number
 * (1 of 1.2.0), and the first two before 1.0 (0.3 of 0.3.1): within a line things are added and nothing is taken away. Whether
 * a version is older is told by the number after the line; what comes later, and {@code -SNAPSHOT}, does not count.
 *
 * @param line within which versions are compatible
 * @param level how much of the line is there
 */
record ApiVersion(String line, int level) {
    private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)(?:\\.(\\d+))?(?:[.+-].*)?");

    /** Returns the version of a text, if it is one. */
    static Optional<ApiVersion> of(String text) {
        Matcher matcher = VERSION.matcher(text);
        if (!matcher.matches()) {
            return Optional.empty();
        }
        String major = matcher.group(1);
        String minor = matcher.group(2);
        String patch = Optional.ofNullable(matcher.group(3)).orElse("0");
        return Optional.of(
                major.equals("0")
                        ? new ApiVersion("0." + minor, Integer.parseInt(patch))
                        : new ApiVersion(major, Integer.parseInt(minor)));
    }

    /** Returns whether what was compiled against another version runs on this one. */
    boolean supports(ApiVersion compiled) {
        return line.equals(compiled.line) && compiled.level <= level;
    }
}
