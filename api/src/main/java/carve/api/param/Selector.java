package carve.api.param;

import carve.api.config.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A choice of parameters by globs over dotted names: {@code *} is any part of one segment, {@code **} any number of
 * segments, {@code {a,b}} either of two, {@code !} before a glob takes its names out again. Later globs win.
 *
 * <pre>{@code
 * Selector.of("layers.*.mixer.**", "!layers.*.mixer.o_proj.*")
 * }</pre>
 */
public final class Selector {
    private record Rule(String glob, boolean include, Pattern pattern) {}

    private final List<Rule> rules;

    private Selector(List<Rule> rules) {
        this.rules = rules;
    }

    /** Returns the selector of these globs. */
    public static Selector of(String... globs) {
        return of(List.of(globs));
    }

    /** Returns the selector of these globs. */
    public static Selector of(List<String> globs) {
        return new Selector(globs.stream().map(Selector::rule).toList());
    }

    /**
     * Returns the selector of the globs that a setting lists.
     *
     * @throws carve.api.config.SettingsException if one is invalid
     */
    public static Selector from(Settings settings, String key) {
        List<String> globs = settings.strings(key);
        try {
            return of(globs);
        } catch (IllegalArgumentException e) {
            throw settings.error(key, "has an invalid glob: " + e.getMessage());
        }
    }

    private static Rule rule(String glob) {
        boolean include = !glob.startsWith("!");
        String body = include ? glob : glob.substring(1);
        return new Rule(glob, include, Pattern.compile(regex(body)));
    }

    private static String regex(String glob) {
        StringBuilder regex = new StringBuilder();
        int depth = 0;
        for (int i = 0; i < glob.length(); i++) {
            char c = glob.charAt(i);
            switch (c) {
                case '*' -> {
                    boolean twice = i + 1 < glob.length() && glob.charAt(i + 1) == '*';
                    regex.append(twice ? ".*" : "[^.]*");
                    i += twice ? 1 : 0;
                }
                case '{' -> {
                    depth++;
                    regex.append("(?:");
                }
                case '}' -> {
                    depth--;
                    regex.append(')');
                }
                case ',' -> regex.append(depth > 0 ? "|" : ",");
                default -> regex.append(Pattern.quote(String.valueOf(c)));
            }
            if (depth < 0) {
                throw new IllegalArgumentException("glob '%s': '}' without '{'".formatted(glob));
            }
        }
        if (depth != 0) {
            throw new IllegalArgumentException("glob '%s': '{' without '}'".formatted(glob));
        }
        return regex.toString();
    }

    /** Returns whether a name is chosen. */
    public boolean matches(String name) {
        boolean selected = false;
        for (Rule rule : rules) {
            if (rule.pattern.matcher(name).matches()) {
                selected = rule.include;
            }
        }
        return selected;
    }

    /**
     * Returns those of the names that are chosen.
     *
     * @throws ParamException if a glob matches none of the names; it names all such globs
     */
    public List<String> select(Set<String> names) {
        Set<String> idle = new TreeSet<>();
        for (Rule rule : rules) {
            if (names.stream().noneMatch(name -> rule.pattern.matcher(name).matches())) {
                idle.add(rule.glob);
            }
        }
        if (!idle.isEmpty()) {
            throw new ParamException("no parameter matches %s; names look like %s"
                    .formatted(idle, new ArrayList<>(names).stream().limit(3).toList()));
        }
        return names.stream().filter(this::matches).toList();
    }

    @Override
    public String toString() {
        return rules.stream().map(Rule::glob).toList().toString();
    }
}
