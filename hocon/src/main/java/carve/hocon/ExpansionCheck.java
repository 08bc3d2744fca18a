package carve.hocon;

import carve.api.config.SettingsException;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A bound on how large settings become when their substitutions are resolved, computed without resolving them.
 *
 * <p>{@code b = ${a}${a}, c = ${b}${b}, ...} doubles with each key, so that forty short lines would fill any memory. The size
 * of a value is that of its text and of everything that it refers to; where a key is defined several times and each
 * definition refers to the ones before, the numbers of those references are multiplied.
 */
final class ExpansionCheck {
    private static final double MAX_CHARACTERS = 16 << 20;
    private static final int MAX_CHAIN = 200;
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{\\??([^}]+)}");
    private static final char SEPARATOR = '\u0001';

    private final NavigableMap<String, Value> values = new TreeMap<>();
    private final Map<String, Double> sizes = new HashMap<>();

    /**
     * A value that is no section.
     *
     * @param place where it was written
     * @param length of its text
     * @param growth how many times as large it becomes by what it says about itself
     * @param references the paths that it refers to
     */
    private record Value(String place, int length, double growth, List<String> references) {}

    private ExpansionCheck() {}

    /**
     * Checks settings whose substitutions are not resolved.
     *
     * @throws SettingsException if they would become larger than the limit, or refer to each other in a chain that is too
     *     long, with file and line
     */
    static void run(Config unresolved) {
        ExpansionCheck check = new ExpansionCheck();
        check.collect("", unresolved.root());
        double total = 0;
        for (String path : check.values.keySet()) {
            total += check.size(path, 0);
            check.requireSmall(total, path);
        }
    }

    private void collect(String path, ConfigValue value) {
        try {
            if (value instanceof ConfigObject object) {
                object.forEach((key, member) -> collect(path + key + SEPARATOR, member));
                return;
            }
        } catch (ConfigException.NotResolved e) {
            // a section that is merged with substitutions is one value
        }
        String text = value.render(ConfigRenderOptions.concise());
        List<String> references = new ArrayList<>();
        double growth = 1;
        for (String definition : definitions(text)) {
            int own = 0;
            for (Matcher matcher = REFERENCE.matcher(definition); matcher.find(); ) {
                String reference = path(matcher.group(1));
                references.add(reference);
                own += isWithin(path, reference) ? 1 : 0;
            }
            growth *= Math.max(1, own);
        }
        values.put(path, new Value(value.origin().description(), text.length(), growth, references));
    }

    // a value that is defined several times, each time with what it was before, is printed with commas between
    private static List<String> definitions(String text) {
        List<String> definitions = new ArrayList<>();
        boolean quoted = false;
        int depth = 0;
        int start = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted) {
                i += c == '\\' ? 1 : 0;
                quoted = c != '"';
            } else if (c == ',' && depth == 0) {
                definitions.add(text.substring(start, i));
                start = i + 1;
            } else {
                quoted = c == '"';
                depth += c == '[' || c == '{' ? 1 : c == ']' || c == '}' ? -1 : 0;
            }
        }
        definitions.add(text.substring(start));
        return definitions;
    }

    private static String path(String reference) {
        try {
            return String.join(String.valueOf(SEPARATOR), ConfigUtil.splitPath(reference)) + SEPARATOR;
        } catch (ConfigException e) {
            return reference + SEPARATOR; // the parser has refused such paths; this is a text in quotes
        }
    }

    private double size(String path, int chain) {
        Double known = sizes.get(path);
        if (known != null) {
            return known;
        }
        Value value = values.get(path);
        if (chain > MAX_CHAIN) {
            throw new SettingsException("%s: substitutions refer to each other in a chain of more than %d"
                    .formatted(Hocon.place(value.place), MAX_CHAIN));
        }
        sizes.put(path, 0.0); // what a value says about itself is counted below
        double size = value.length;
        for (String reference : value.references) {
            size += referred(reference, chain);
            requireSmall(size, path);
        }
        size *= value.growth;
        requireSmall(size, path);
        sizes.put(path, size);
        return size;
    }

    private static boolean isWithin(String path, String other) {
        return path.startsWith(other) || other.startsWith(path);
    }

    // the values of a section, or the value that the path leads into
    private double referred(String reference, int chain) {
        double size = 0;
        for (String path : values.tailMap(reference, true).keySet()) {
            if (!path.startsWith(reference)) {
                break;
            }
            size += size(path, chain + 1);
        }
        for (int end = reference.length() - 1; size == 0 && end > 0; end = reference.lastIndexOf(SEPARATOR, end - 1)) {
            String outer = reference.substring(0, end + 1);
            size = values.containsKey(outer) ? size(outer, chain + 1) : 0;
        }
        return size;
    }

    private void requireSmall(double size, String path) {
        if (size > MAX_CHARACTERS) {
            throw new SettingsException("%s: substitutions make key '%s' larger than %.0f characters, the limit"
                    .formatted(
                            Hocon.place(values.get(path).place()),
                            path.substring(0, path.length() - 1).replace(SEPARATOR, '.'),
                            MAX_CHARACTERS));
        }
    }
}
