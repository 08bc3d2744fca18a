package carve.runtime.hub;

import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * A pattern for file names as huggingface_hub's {@code --include} has it, that is Python's {@code fnmatch}: {@code *} is any
 * text, slashes too, {@code ?} any character, {@code [abc]} and {@code [!abc]} one of a set. A pattern that ends in a slash means
 * all files of a folder.
 */
final class GlobPattern {
    private final String glob;
    private final Pattern pattern;

    /**
     * Reads a pattern.
     *
     * @throws HubException if a set of characters is wrong
     */
    GlobPattern(String glob) {
        this.glob = glob;
        try {
            this.pattern = Pattern.compile(regex(glob.endsWith("/") ? glob + "*" : glob), Pattern.DOTALL);
        } catch (PatternSyntaxException e) {
            throw new HubException("'%s' is not a pattern for file names: %s".formatted(glob, e.getDescription()), e);
        }
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            // a ] right after the opening belongs to the set
            int first = i + (glob.startsWith("[!", i) ? 2 : 1);
            int end = c == '[' ? glob.indexOf(']', first + 1) : -1;
            if (end > 0) {
                String set = glob.substring(first, end).replaceAll("[\\\\\\[\\]^&]", "\\\\$0");
                regex.append(first == i + 2 ? "[^" : "[").append(set).append(']');
                i = end;
            } else {
                regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
            }
        }
        return regex.toString();
    }

    boolean matches(String name) {
        return pattern.matcher(name).matches();
    }

    /** Returns whether it is the name of one file. */
    boolean isPlainName() {
        return glob.chars().noneMatch(c -> "*?[".indexOf(c) >= 0) && !glob.endsWith("/");
    }

    @Override
    public String toString() {
        return glob;
    }
}
