package carve.app.plugin.authoring;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The choice of a class name for a plugin that hides no type which the plugin's sources refer to. */
final class PluginClassName {
    private static final Pattern TYPE = Pattern.compile("\\b[A-Z]\\w*");
    private static final List<String> PACKAGES = List.of("/java/lang/", "/java/util/");

    private PluginClassName() {}

    /**
     * Returns the name of the plugin in camel case, with the kind after it where that is the name of a type in {@code
     * java.lang}, {@code java.util} or the template: {@code Mamba3} of {@code mamba3}, {@code ListMixer} of {@code list}.
     *
     * @param sources the template's Java sources
     */
    static String of(PluginName name, PluginKind kind, Stream<String> sources) {
        String word = kind.word();
        String suffix = word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
        String own = name.camelCase();
        Set<String> taken = types(sources);
        while (taken.contains(own) || isInJdk(own)) {
            own += suffix;
        }
        return own;
    }

    // without regard to case, since some file systems have none, and a class has its file
    private static Set<String> types(Stream<String> sources) {
        Set<String> types = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        sources.forEach(source -> {
            Matcher matcher = TYPE.matcher(source);
            while (matcher.find()) {
                types.add(matcher.group());
            }
        });
        return types;
    }

    private static boolean isInJdk(String name) {
        return PACKAGES.stream().anyMatch(folder -> Object.class.getResource(folder + name + ".class") != null);
    }
}
