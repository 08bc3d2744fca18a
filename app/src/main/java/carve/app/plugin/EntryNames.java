package carve.app.plugin;

import java.text.Normalizer;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** The rules for the names of entries that are unpacked, the same on every system. */
final class EntryNames {
    private static final int MAX_LENGTH = 1024;
    private static final int MAX_SEGMENT = 200;
    private static final Pattern DEVICE = Pattern.compile("(?i)(con|prn|aux|nul|com[0-9]|lpt[0-9])([.].*)?");

    private EntryNames() {}

    /**
     * Returns whether a name is a relative path whose every part is the name of a file or folder: none is empty, {@code .}
     * or {@code ..}, none has a backslash, a colon or a control character, and none means something else on Windows.
     */
    static boolean isRelativePath(String name) {
        return name.length() <= MAX_LENGTH
                && List.of(name.split("/", -1)).stream().allMatch(EntryNames::isSegment);
    }

    private static boolean isSegment(String segment) {
        return !segment.isEmpty()
                && segment.length() <= MAX_SEGMENT
                && !segment.endsWith(".")
                && !segment.endsWith(" ")
                && segment.chars().noneMatch(c -> c == '\\' || c == ':' || Character.isISOControl(c))
                && !DEVICE.matcher(segment).matches();
    }

    /**
     * Returns the paths that cannot be in one folder together: the same file twice, also if the names differ only in upper
     * and lower case, and a file where another path has a folder.
     */
    static Set<String> collisions(Collection<String> paths) {
        Set<String> files = new HashSet<>();
        Map<String, String> folders = new HashMap<>();
        Set<String> colliding = new TreeSet<>();
        for (String path : paths) {
            if (!files.add(folded(path))) {
                colliding.add(path);
            }
            for (int end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
                String folder = path.substring(0, end);
                String other = folders.putIfAbsent(folded(folder), folder);
                if (other != null && !other.equals(folder)) {
                    colliding.add(path);
                }
            }
        }
        paths.stream().filter(path -> folders.containsKey(folded(path))).forEach(colliding::add);
        return colliding;
    }

    private static String folded(String path) {
        return Normalizer.normalize(path, Normalizer.Form.NFC)
                .toUpperCase(Locale.ROOT)
                .toLowerCase(Locale.ROOT);
    }
}
