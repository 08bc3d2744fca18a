package carve.runtime.hub;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Names of GGUF files: models, and the parts of split ones, {@code NAME-00001-of-00003.gguf}. */
final class GgufFiles {
    private static final Pattern PART = Pattern.compile("(.*)-(\\d{5})-of-(\\d{5})\\.gguf", Pattern.CASE_INSENSITIVE);
    private static final String PROJECTOR = "mmproj";

    private GgufFiles() {}

    /** Returns whether a file has a model, not the image encoder or importance matrix that goes with one. */
    static boolean isModel(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return lower.endsWith(".gguf") && !lower.contains(PROJECTOR) && !lower.contains("imatrix");
    }

    static boolean isFirstPart(String name) {
        Matcher part = PART.matcher(name);
        return !part.matches() || Integer.parseInt(part.group(2)) == 1;
    }

    /** Returns the models among files, each with all its parts, by the name without the part's number. */
    static Map<String, List<RemoteFile>> models(List<RemoteFile> files) {
        return files.stream()
                .filter(file -> isModel(file.name()))
                .collect(Collectors.groupingBy(file -> model(file.name()), TreeMap::new, Collectors.toList()));
    }

    private static String model(String name) {
        Matcher part = PART.matcher(name);
        return part.matches() ? part.group(1) + ".gguf" : name;
    }
}
